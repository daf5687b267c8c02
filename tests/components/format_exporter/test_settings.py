"""Settings of FormatExporter, on their way through an execution property."""

from __future__ import annotations

from tfx_pipeline.components.format_exporter.settings import ExportSettings


def test_settings_come_back_as_they_were() -> None:
    settings = ExportSettings(
        "birds",
        ("onnx", "tflite"),
        50,
        60,
        ("float32", "int8"),
        {"bytes": 70_000, "max_loss": 0.5},
        {"größe": ("how large", "m²"), "x": ("", "")},
        'CC0 "1.0"',
    )
    assert ExportSettings.from_json(settings.to_json()) == settings
    assert ExportSettings.from_json(ExportSettings("m", ()).to_json()) == ExportSettings("m", ())
