"""Exports that can never come about, said before anything runs."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tfx_pipeline.config.export_checks import PACKAGES, export_problems
from tfx_pipeline.config.loader import load_config
from tfx_pipeline.config.sections.export import FormatName, TfliteKind
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.export.formats import FORMATS

CONFIG = """\
name: trips
data: data
label: {column: kind, task: multiclass, classes: [a, b, c]}
features:
  fare: numeric
  city: categorical
  words: {kind: text}
"""


def problems(folder: Path, export: str, *overrides: str) -> list[str]:
    file = folder / "trips.yaml"
    file.write_text(f"{CONFIG}export: {export}\n", encoding="utf-8")
    loaded = load_config(file, overrides=overrides)
    return [str(x).replace(f"{folder}/", "") for x in export_problems(loaded)]


def test_formats_of_the_configuration_are_those_that_there_are() -> None:
    assert set(FormatName.__args__) == set(FORMATS) == set(PACKAGES)
    assert TfliteKind.__args__[0] == "float32"


@pytest.mark.parametrize("export", ["{}", "onnx", "{formats: [onnx, pmml]}", "'onnx,tflite'"])
def test_export_problems_of_what_can_be_exported_are_none(tmp_path: Path, export: str) -> None:
    assert problems(tmp_path, export) == []


def test_export_problems_without_formats_are_none_whatever_the_features_are(tmp_path: Path) -> None:
    own = "hooks.preprocessing_fn=mine.f"
    overrides = ("features.city={kind: categorical, oov_buckets: 9}", own)
    assert problems(tmp_path, "{}", *overrides) == []


def test_export_problems_of_a_model_that_may_describe_itself_are_none(tmp_path: Path) -> None:
    assert problems(tmp_path, "onnx", "hooks.run_fn=mine.run_fn") == []


def test_export_problems_name_the_package_that_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(name: str) -> object:
        return None if name == "onnxruntime" else object()

    monkeypatch.setattr(importlib.util, "find_spec", find)
    (problem,) = problems(tmp_path, "{formats: [tflite, onnx]}")
    assert problem == (
        "trips.yaml:8: the format onnx needs onnxruntime, which is not installed\n"
        "    next     make setup, or pip install 'tfx-pipeline[formats]'"
    )
    # In a cluster the image has it, or has not: nobody here knows.
    assert problems(tmp_path, "onnx", "environment.runner=kfp") == []


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("hooks.preprocessing_fn=mine.f", "code of your own (hooks.preprocessing_fn)"),
        ("features.city={kind: categorical, oov_buckets: 2}", "`city` shares ids by TensorFlow's"),
        ("features.words={kind: text, hash_buckets: 8}", "`words` shares ids by TensorFlow's"),
    ],
)
def test_export_problems_say_what_no_format_has(tmp_path: Path, override: str, said: str) -> None:
    (problem,) = problems(tmp_path, "onnx", override)
    assert said in problem
    assert "    next     " in problem


def test_export_problems_of_a_target_average_alone_are_none(tmp_path: Path) -> None:
    feature = "features.city={kind: categorical, id: false, target: true, oov_buckets: 5}"
    assert problems(tmp_path, "onnx", feature) == []


@pytest.mark.parametrize(
    ("export", "said"),
    [
        ("onxx", "did you mean `onnx`?"),
        ("'onnx,onnx'", "names one twice: onnx, onnx"),
        ("{formats: onnx, budget: {bytes: 5}}", "`budget` is of TFLite"),
        ("{budget: {bytes: 0}}", "greater than or equal to 1"),
        ("{budget: {p50_ms: .inf}}", "export.budget.p50_ms"),
        ("{tflite: int4}", "export.tflite.kinds"),
        ("{eval_rows: 0}", "greater than or equal to 1"),
        ("{hurting_rows: -1}", "greater than or equal to 0"),
        ("{format: onnx}", "did you mean `formats`?"),
    ],
)
def test_load_config_of_a_wrong_export_says_what_is_allowed(
    tmp_path: Path, export: str, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        problems(tmp_path, export)
    assert said in str(caught.value)
