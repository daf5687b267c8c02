"""Checks of the section `export`: what no format can say, and what is not installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

from tfx_pipeline.config.loader import LoadedConfig
from tfx_pipeline.config.sections.features import CategoricalFeature, TextFeature
from tfx_pipeline.errors import Problem

PACKAGES = {
    "onnx": ("onnx", "onnxruntime"),
    "tflite": ("ai_edge_litert",),
    "pmml": (),
}
"""What writes a format, and what runs it to prove it."""


def export_problems(loaded: LoadedConfig) -> Iterator[Problem]:
    """Say why an export that is asked for can never come about."""
    if not loaded.config.export.formats:
        return
    yield from _missing_packages(loaded)
    yield from _own_code(loaded)
    yield from _hashed(loaded)


def _missing_packages(loaded: LoadedConfig) -> Iterator[Problem]:
    """Name the formats whose libraries are not on this machine, where the steps run on it."""
    config = loaded.config
    if config.environment.runner != "local":
        return
    for place, name in enumerate(config.export.formats):
        absent = [x for x in PACKAGES[name] if importlib.util.find_spec(x) is None]
        if absent:
            yield Problem(
                f"the format {name} needs {' and '.join(absent)}, which is not installed",
                loaded.source.place(("export", "formats", place)),
                next_step="make setup, or pip install 'tfx-pipeline[formats]'",
            )


def _own_code(loaded: LoadedConfig) -> Iterator[Problem]:
    """Name the user's own features; a model of one's own may say what it is (`Scorer.describe`)."""
    if dotted := loaded.config.hooks.preprocessing_fn:
        yield Problem(
            "`export.formats`: what code of your own (hooks.preprocessing_fn) makes of a row is"
            " known to TensorFlow only, and no other format can be written of it",
            loaded.source.place(("export", "formats")),
            dotted,
            next_step="leave export.formats empty, or remove hooks.preprocessing_fn",
        )


def _hashed(loaded: LoadedConfig) -> Iterator[Problem]:
    """Name the features that share ids by TensorFlow's hash of a text, which no format has."""
    for name, feature in loaded.config.features.items():
        field, next_step = "", ""
        if isinstance(feature, CategoricalFeature) and feature.id and feature.oov_buckets > 1:
            field, next_step = "oov_buckets", "oov_buckets: 1, which all unknown names share"
        elif isinstance(feature, TextFeature) and feature.hash_buckets:
            field, next_step = "hash_buckets", "a vocabulary (max_vocabulary) in their place"
        if field:
            yield Problem(
                f"`export.formats`: `{name}` shares ids by TensorFlow's hash of a text, which no"
                " other format has",
                loaded.source.place(("features", name, field)),
                str(getattr(feature, field)),
                next_step=f"use {next_step}; or leave export.formats empty",
            )
