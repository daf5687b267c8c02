"""What the runtime takes, and how it says what it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.export.tflite import made
from tfx_pipeline.export.errors import NotExportableError
from tfx_pipeline.export.tflite.emitter import emit
from tfx_pipeline.export.tflite.runtime import TfliteRuntime, load

ROWS = dict(made.hurting_rows(2500))


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> TfliteRuntime:
    path = tmp_path_factory.mktemp("model") / "model.tflite"
    path.write_bytes(emit(made.described("linear", "multiclass"), made.FACTS))
    return load(path)


def test_call_rows_beyond_a_call_are_answered_in_order(runtime: TfliteRuntime) -> None:
    whole = runtime(ROWS)

    for place in (0, 1023, 1024, 2499):
        one = runtime({name: values[place : place + 1] for name, values in ROWS.items()})
        assert one["probabilities"].shape == (1, 3)
        assert np.abs(one["probabilities"] - whole["probabilities"][place]).max() < 1e-6
        assert one["class"].tolist() == [whole["class"][place]]


def test_call_no_rows_gives_no_answers(runtime: TfliteRuntime) -> None:
    answers = runtime({name: values[:0] for name, values in ROWS.items()})

    assert answers["probabilities"].shape == (0, 3) and answers["class"].shape == (0,)
    assert answers["class"].dtype == object


@pytest.mark.parametrize(
    ("name", "cells", "words"),
    [
        ("company", [1.5], "input 'company' has another type: received float64 numbers; needed"),
        ("company", np.array([None], object), "received a NoneType; needed: texts"),
        ("company", np.array([b"taxi"]), "received |S4 cells; needed: texts"),
        ("miles", ["1.5"], "input 'miles' has another type: received texts; needed: float32"),
        ("miles", [1.5], "received float64 numbers; needed: float32 numbers"),
        ("count", np.array([3], np.int64), "received int64 numbers; needed: float64 numbers"),
        ("count", np.array([True]), "received bool cells; needed: float64 numbers"),
        ("count", np.array([[3.0]]), "not all as long"),
        ("count", np.array([3.0, 4.0]), "not all as long"),
        ("count", np.array(3.0), "not all as long"),
    ],
)
def test_call_an_input_of_another_type_is_told(
    runtime: TfliteRuntime, name: str, cells: Any, words: str
) -> None:
    rows = {x: values[:1] for x, values in ROWS.items()} | {name: np.asarray(cells)}

    with pytest.raises(ValueError, match="input") as raised:
        runtime(rows)

    assert words in str(raised.value)


def test_call_without_an_input_is_told(runtime: TfliteRuntime) -> None:
    with pytest.raises(ValueError, match="without \\['fare per km'\\]; needed: \\['area', "):
        runtime({name: values for name, values in ROWS.items() if name != "fare per km"})


def test_call_other_columns_are_passed_over(runtime: TfliteRuntime) -> None:
    more = ROWS | {"id": np.arange(2500)}

    assert (runtime(more)["class"] == runtime(ROWS)["class"]).all()


def test_call_again_after_an_error_answers(runtime: TfliteRuntime) -> None:
    with pytest.raises(ValueError, match="another type"):
        runtime(ROWS | {"miles": ROWS["count"]})

    assert len(runtime(ROWS)["class"]) == 2500


@pytest.mark.parametrize("content", [b"", b"no model", b"\x1c\0\0\0TFL3" + bytes(64)])
def test_load_what_is_no_model_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.tflite").write_bytes(content)

    with pytest.raises(NotExportableError) as raised:
        load(tmp_path / "x.tflite")

    assert "export the model again" in str(raised.value)


def test_load_a_file_cut_short_is_told_or_refused(tmp_path: Path) -> None:
    content = emit(made.described("linear"), made.FACTS)
    (tmp_path / "x.tflite").write_bytes(content[: len(content) // 2])

    with pytest.raises(NotExportableError):
        load(tmp_path / "x.tflite")


def test_load_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.tflite")


def test_call_says_nothing_on_the_console(capfd: pytest.CaptureFixture[str]) -> None:
    TfliteRuntime(emit(made.described("linear"), made.FACTS))(ROWS)

    assert capfd.readouterr() == ("", "")
