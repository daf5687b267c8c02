"""An end-to-end TFX pipeline: from a table of data to a served, monitored model."""

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Give the artifact types: TFX's runner on Vertex AI imports them by package and class.

    Their modules are named in text, so that nothing that imports this package imports TFX.
    """
    places = {
        "DataBlessing": "data_gate.component",
        "ExportedModel": "exported_model",
        "ModelRisk": "model_risk.component",
    }
    if name in places:
        import importlib

        module = importlib.import_module(f"tfx_pipeline.components.{places[name]}")
        return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
