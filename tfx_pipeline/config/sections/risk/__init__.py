"""Configuration of what is examined of a model before it is pushed; a file a check or two."""
