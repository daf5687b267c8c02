"""Custom properties that this package gives to artifacts of TFX's types."""

WITHDRAWN = "withdrawn"
"""Of a Model: 1 when it was pushed and then withdrawn, since it did not answer as it must."""
