"""An end-to-end TFX pipeline: from a table of data to a served, monitored model."""

__version__ = "0.1.0"
