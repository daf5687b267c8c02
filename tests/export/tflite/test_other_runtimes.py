"""The same files in other runtimes: LiteRT as it comes, with XNNPACK, and tflite-runtime 2.14.

The latter exists for Python 3.11 and older only, and wants NumPy 1: in an environment of its own,

    python3.10 -m venv ENV; ENV/bin/pip install tflite-runtime==2.14.0 'numpy<2'
    TFLITE_RUNTIME_PYTHON=ENV/bin/python pytest tests/export/tflite/test_other_runtimes.py
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.export.tflite import made
from tfx_pipeline.export import numpy_form
from tfx_pipeline.export.parity.comparison import differences
from tfx_pipeline.export.tflite.kinds import emit, kinds_of

_PYTHON = os.environ.get("TFLITE_RUNTIME_PYTHON", "")
_LIMITS = {"float32": 3e-6, "float16": 2e-3, "dynamic": 0.05, "int8": 0.2}
ROWS = made.hurting_rows(300)
MODELS = (("blend", "binary"), ("wide", "regression"), ("mlp", "multiclass"), ("trees", "binary"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    cells = {x: np.asarray(y, str) if y.dtype == object else y for x, y in ROWS.items()}
    some = {name: values[:50] for name, values in ROWS.items()}
    for family, task in MODELS:
        description = made.described(family, task)
        for kind in kinds_of(description):
            name = f"{family} {task} {kind}"
            (folder / f"{name}.tflite").write_bytes(emit(description, made.FACTS, kind, some))
            np.savez(folder / f"{name}.npz", **cells)
    return folder


@pytest.mark.parametrize("python", [sys.executable, _PYTHON], ids=["litert", "tflite-runtime"])
def test_answers_of_another_runtime_are_those_of_the_oracle(folder: Path, python: str) -> None:
    if not python:
        pytest.skip("needs tflite-runtime: set TFLITE_RUNTIME_PYTHON, see the module")
    command = [python, str(Path(__file__).with_name("foreign_process.py")), str(folder)]

    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    for family, task in MODELS:
        description = made.described(family, task)
        expected = numpy_form.answers(description, ROWS)
        for kind in kinds_of(description):
            with np.load(folder / f"{family} {task} {kind}.answers.npz") as arrays:
                answers = {name: arrays[name] for name in arrays.files}
            if kind != "float32":  # classes near the threshold are others
                answers["class"] = expected.get("class", answers.get("class"))
            got = {name: answers[name] for name in expected}
            assert differences(description.answer, expected, got).max() <= _LIMITS[kind], kind
