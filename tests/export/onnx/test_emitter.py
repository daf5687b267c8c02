"""The file itself: what it answers, of every head and task, and what it says of itself."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest

from tests.export.onnx import made_models
from tfx_pipeline.export import numpy_form
from tfx_pipeline.export.errors import NotExportableError
from tfx_pipeline.export.onnx.emitter import LACKS, emit, input_names
from tfx_pipeline.export.onnx.heads.layers import ACTIVATIONS
from tfx_pipeline.export.onnx.heads.logits import HEADS
from tfx_pipeline.export.onnx.runtime import OnnxRuntime
from tfx_pipeline.modules.description.columns import Column
from tfx_pipeline.modules.description.heads import Head
from tfx_pipeline.modules.description.model_description import ModelDescription
from tfx_pipeline.modules.description.operations import (
    Bucket,
    CategoryId,
    IsMissing,
    Scaled,
    Words,
)

ROWS = made_models.rows(1500, seed=1) | {
    "Fläche = m²": np.linspace(-50, 50, 1500, dtype=np.float32)
}
TOLERANCE = 2e-6


def _answers(description: ModelDescription) -> dict[str, np.ndarray]:
    return dict(OnnxRuntime(emit(description, made_models.facts(description)))(ROWS))


@pytest.mark.parametrize("activation", sorted(set(ACTIVATIONS) - {"mish"}))  # that is mlp's
def test_emit_each_activation_answers_as_the_oracle_does(activation: str) -> None:
    made = [x for x in made_models.operations() if isinstance(x, Scaled)]
    description = made_models.model("deep", "binary", made)
    width = len(description.widths)
    head = made_models.network(width, 0, 0, 1)
    head = dataclasses.replace(head, embeddings=None, wide_ids=None, activation=activation)
    description = dataclasses.replace(description, head=head)

    got, expected = _answers(description), numpy_form.answers(description, ROWS)

    assert np.abs(got["probability"] - expected["probability"]).max() <= TOLERANCE


def test_heads_each_type_has_an_emitter() -> None:
    assert set(HEADS) == set(Head.__args__)
    assert not LACKS


def test_emit_twice_in_two_processes_gives_the_same_bytes() -> None:
    description = made_models.model("blend", "multiclass")
    code = (
        "import hashlib;from tests.export.onnx import made_models as m;"
        "from tfx_pipeline.export.onnx.emitter import emit;"
        "d=m.model('blend','multiclass');print(hashlib.sha256(emit(d,m.facts(d))).hexdigest())"
    )
    import hashlib

    here = hashlib.sha256(emit(description, made_models.facts(description))).hexdigest()

    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert there.stdout.strip() == here


def test_emit_every_node_has_a_name_of_its_own_and_the_opsets_are_those_promised() -> None:
    import onnx

    description = made_models.model("blend", "decided")

    model = onnx.load_from_string(emit(description, made_models.facts(description)))

    names = [node.name for node in model.graph.node]
    assert all(names)
    assert len(set(names)) == len(names)
    opsets = {x.domain: x.version for x in model.opset_import}
    assert opsets == {"": 17, "ai.onnx.ml": 3, "com.microsoft": 1}
    assert {node.op_type for node in model.graph.node if node.domain == "com.microsoft"} == {
        "Tokenizer"
    }


def test_emit_without_texts_to_take_apart_needs_no_operator_of_onnxruntime() -> None:
    import onnx

    made = [x for x in made_models.operations() if not isinstance(x, Words)]
    description = made_models.model("linear", "binary", made)
    columns = tuple(
        dataclasses.replace(x, marks=()) if x.type == "string" else x for x in description.columns
    )
    description = dataclasses.replace(description, columns=columns)

    model = onnx.load_from_string(emit(description, made_models.facts(description)))

    assert {x.domain for x in model.opset_import} == {"", "ai.onnx.ml"}


def test_emit_metadata_says_what_is_known_of_the_model() -> None:
    import onnx

    description = made_models.model("linear", "binary")

    model = onnx.load_from_string(emit(description, made_models.facts(description)))

    said = {each.key: each.value for each in model.metadata_props}
    assert said["name"], said["version"] == ("made", "7")
    assert (said["data_fingerprint"], said["licence"]) == ("f00", "CC0-1.0")
    assert json.loads(said["example"]) == {"miles": None, "company": "Blue"}
    assert json.loads(said["answer"]) == {"probability": 0.25}
    inputs = json.loads(said["inputs"])
    expected = {"name": "miles", "type": "float32", "unit": "m", "low": 0.0, "input": "miles"}
    assert inputs[0] == expected
    assert [x["name"] for x in inputs] == [x.name for x in description.columns]
    assert "- miles: float32, in m, from 0 to any" in model.doc_string


def test_input_names_that_are_outputs_get_others() -> None:
    names = input_names(["class", "input_0", "a", ""], ["probability", "class"])

    assert names == {"class": "input_1", "input_0": "input_0", "a": "a", "": "input_2"}


def test_emit_columns_called_as_nodes_are_answers_as_others_do() -> None:
    names = ("Reshape_0", "table_0", "Concat_1")
    columns = tuple(Column(name, "float32") for name in names)
    made = [Scaled(f"{name}_scaled", name, False, 0, 0, 1, 9) for name in names]
    description = dataclasses.replace(made_models.model("deep", "binary", made), columns=columns)
    rows = dict.fromkeys(names, ROWS["miles"])

    got = OnnxRuntime(emit(description, made_models.facts(description)))(rows)

    expected = numpy_form.answers(description, rows)["probability"]
    assert np.abs(got["probability"] - expected).max() <= TOLERANCE


def test_emit_ten_times_the_columns_needs_no_more_nodes() -> None:
    import onnx

    counts = []
    for width in (20, 200):
        columns = tuple(Column(f"c{place}", "float32") for place in range(width))
        made = [
            operation
            for name in (x.name for x in columns)
            for operation in (
                Scaled(f"{name}_scaled", name, False, 0, 0, 1, 9),
                IsMissing(f"{name}_missing", name),
                Bucket(f"{name}_bucket", name, np.arange(9.0)),
            )
        ]
        description = made_models.model("linear", "binary", made)
        description = dataclasses.replace(description, columns=columns)
        content = emit(description, made_models.facts(description))
        counts.append(len(onnx.load_from_string(content).graph.node))

    assert counts[0] == counts[1]


def test_emit_what_needs_a_hash_is_refused_with_the_setting_that_helps() -> None:
    made = made_models.operations()
    other = [
        CategoryId("company_id", "company", ("", "a"), 5, "company_id"),
        Words("note_words", "note", 8, (), 8, True, 1, None, 0.0),
    ]
    kept = [x for x in made if x.output not in {each.output for each in other}]
    description = made_models.model("linear", "binary", [*kept, *other])

    with pytest.raises(NotExportableError) as error:
        emit(description, made_models.facts(description))

    said = str(error.value)
    assert len(error.value.problems) == 2
    assert "set features.company.oov_buckets to 1" in said
    assert "set features.note.max_vocabulary" in said
