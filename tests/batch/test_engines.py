"""Which engine answers, why, and what it answers."""

from __future__ import annotations

import numpy as np
import pytest

from tests.batch.made_jobs import description_of, expected, good_cells, make_model, run
from tests.export.described_rows import rows_of
from tfx_pipeline.batch.engines import choose_engine, no_answers
from tfx_pipeline.batch.models import find_model
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.export.errors import NotExportableError, ParityError
from tfx_pipeline.export.facts import ExportFacts, InputFacts
from tfx_pipeline.export.formats import FORMATS


def push_export(model, unit):
    """Put an export beside the version, as a push does."""
    inputs = tuple(InputFacts(x.name, x.type) for x in description_of().columns)
    facts = ExportFacts("made", "7", inputs, "", "", "", {}, {})
    file = model.parent / "formats" / model.name / "model.onnx"
    file.parent.mkdir(parents=True)
    file.write_bytes(FORMATS["onnx"].emit(description_of(unit), facts))


def test_engine_is_the_export_that_was_pushed(tmp_path):
    model = make_model(tmp_path / "made" / "7")
    push_export(model, 1.75)
    engine = choose_engine("auto", find_model(model, ""), rows_of(description_of()))
    assert engine.name == "onnx"
    assert engine.why.startswith("the export that was pushed with the version, equal on 350 rows")


def test_engine_whose_answers_part_from_the_model_is_refused(tmp_path):
    model = make_model(tmp_path / "made" / "7")
    push_export(model, 1.5)
    with pytest.raises(ParityError) as error:
        choose_engine("onnx", find_model(model, ""), rows_of(description_of()))
    assert "ONNX answers otherwise than the model" in str(error.value)
    with pytest.raises(ConfigError):  # auto goes on with TensorFlow, to which the file is no graph
        choose_engine("auto", find_model(model, ""), rows_of(description_of()))


def test_engine_of_a_damaged_export_is_refused(tmp_path):
    model = make_model(tmp_path / "made" / "7")
    push_export(model, 1.75)
    file = model.parent / "formats/7/model.onnx"
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(ConfigError) as error:
        choose_engine("onnx", find_model(model, ""), rows_of(description_of()))
    assert str(file) in str(error.value)
    assert "cannot read the file" in str(error.value)


def test_engine_onnx_of_a_model_without_a_description_is_refused(tmp_path):
    (tmp_path / "7").mkdir()
    (tmp_path / "7/saved_model.pb").touch()
    with pytest.raises(NotExportableError) as error:
        choose_engine("onnx", find_model(tmp_path / "7", "made"), None)
    assert "--engine tensorflow" in str(error.value)


def test_no_answers_has_the_types_of_answers(tmp_path):
    model = find_model(make_model(tmp_path / "made" / "7"), "")
    engine = choose_engine("onnx", model, rows_of(description_of()))
    found = no_answers(engine)
    assert {name: (x.shape, x.dtype.kind) for name, x in found.items()} == {
        "probability": ((0,), "f"),
        "class": ((0,), "O"),
    }


@pytest.mark.slow
def test_engine_tensorflow_answers_by_the_signature(tmp_path):
    import pyarrow.parquet as pq
    import tensorflow as tf

    from tests.batch.made_jobs import write_text

    class Made(tf.Module):
        @tf.function(
            input_signature=[
                tf.TensorSpec([None], tf.float32, "x"),
                tf.TensorSpec([None, 1], tf.float64, "n"),
                tf.TensorSpec([None], tf.string, "t"),
            ]
        )
        def answer(self, x, n, t):
            value = tf.where(tf.math.is_nan(x), 0.0, x) + tf.cast(tf.reshape(n, [-1]), tf.float32)
            size = tf.cast(tf.strings.length(t), tf.float32)
            return {"value": value[:, tf.newaxis] + size[:, tf.newaxis], "class": t}

    model = tmp_path / "own" / "3"
    made = Made()
    tf.saved_model.save(made, str(model), signatures=made.answer)
    cells = good_cells(600)
    cells["n"] = [x or 0 for x in cells["n"]]
    said = []
    run(model, tmp_path / "out", write_text(tmp_path / "rows.csv", cells), say=said.append)
    answered = pq.read_table(tmp_path / "out")
    sizes = [len(text.encode()) for text in cells["t"]]
    wanted = [(x or 0) + n + size for x, n, size in zip(cells["x"], cells["n"], sizes, strict=True)]
    assert np.abs(answered["value"].to_numpy() - wanted).max() < 1e-5
    assert answered["class"].to_pylist() == cells["t"]
    assert any(text.startswith("engine: tensorflow (") and "description" in text for text in said)
    assert set(expected(cells)) == {"probability", "class"}
