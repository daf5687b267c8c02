"""How a pipeline is run: on this machine, and on others."""
