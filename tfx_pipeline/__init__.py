"""An end-to-end TFX pipeline: from a table of data to a served, monitored model."""

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Give `DataBlessing`: TFX's runner on Vertex AI imports artifact types by package and class.

    Its module is named in text, so that nothing that imports this package imports TFX.
    """
    if name == "DataBlessing":
        import importlib

        return importlib.import_module("tfx_pipeline.components.data_gate").DataBlessing
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
