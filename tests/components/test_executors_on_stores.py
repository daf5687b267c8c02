"""Our executors when TFX hands them URIs itself, as on Vertex AI: no operator has staged them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf import json_format
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx import types
from tfx.proto import pusher_pb2
from tfx.types import standard_artifacts

from tfx_pipeline.components.data_gate import DataBlessing, DataGateExecutor
from tfx_pipeline.components.data_gate.settings import CheckSettings
from tfx_pipeline.components.exported_model import ExportedModel
from tfx_pipeline.components.infra_check.executor import InfraCheckExecutor
from tfx_pipeline.components.pusher.executor import AtomicPushExecutor
from tfx_pipeline.errors import DataError
from tfx_pipeline.evaluation.distances.compare import Bounds
from tfx_pipeline.modules.smoke_rows import LOCATION, SmokeRows, write_smoke_rows
from tfx_pipeline.storage import fileio

pytestmark = pytest.mark.slow


@pytest.fixture
def root(tmp_path: Path) -> str:
    return f"memory://{tmp_path.name}"


def artifacts(uri: str, kind: type[types.Artifact]) -> list[Any]:
    made = kind()
    made.uri = uri
    return [made]


CHECKS = CheckSettings(
    "p",
    {"anomalies": "error", "drift": "warn", "skew": "warn", "leaks": "warn"},
    Bounds(0.01, 0.05),
    Bounds(0.01, 0.05),
    0.995,
    features={"island": "categorical"},
    label={"column": "island", "task": "multiclass", "rule": None, "classes": []},
).to_json()


def gate_inputs(root: str, anomaly: str | None) -> dict[str, list[Any]]:
    import tensorflow as tf

    found = anomalies_pb2.Anomalies()
    if anomaly:
        info = found.anomaly_info["island"]
        info.severity = anomalies_pb2.AnomalyInfo.ERROR
        info.reason.add(type=anomaly, short_description="x", description="unexpected: Atlantis")
    fileio.write_bytes(f"{root}/anomalies/Split-eval/SchemaDiff.pb", found.SerializeToString())
    schema = b'feature { name: "island" type: BYTES string_domain { value: "Dream" } }'
    fileio.write_bytes(f"{root}/schema/schema.pbtxt", schema)
    rows = []
    for island in (b"Dream", b"Atlantis"):
        example = tf.train.Example()
        example.features.feature["island"].bytes_list.value.append(island)
        rows.append(example.SerializeToString())
    for split in ("train", "eval"):
        fileio.write_bytes(f"{root}/examples/Split-{split}/data.gz", tf_records(rows))
    examples = artifacts(f"{root}/examples", standard_artifacts.Examples)
    examples[0].split_names = '["train", "eval"]'
    return {
        "examples": examples,
        "anomalies": artifacts(f"{root}/anomalies", standard_artifacts.ExampleAnomalies),
        "schema": artifacts(f"{root}/schema", standard_artifacts.Schema),
    }


def tf_records(rows: list[bytes]) -> bytes:
    import tempfile

    import tensorflow as tf

    with tempfile.NamedTemporaryFile() as file:
        with tf.io.TFRecordWriter(file.name) as writer:
            for row in rows:
                writer.write(row)
        return gzip.compress(Path(file.name).read_bytes())


def test_data_gate_on_a_store_blesses_there(root: str) -> None:
    blessing = artifacts(f"{root}/blessing/1", DataBlessing)
    inputs = gate_inputs(root, None)
    DataGateExecutor().Do(inputs, {"blessing": blessing}, {"checks": CHECKS})
    written = fileio.list_files(f"{root}/blessing")
    assert sorted(written) == ["1/BLESSED", "1/data_verdict.json"]
    assert blessing[0].get_int_custom_property("blessed") == 1
    assert inputs["schema"][0].uri == f"{root}/schema"


def test_data_gate_on_a_store_names_the_values(root: str) -> None:
    blessing = artifacts(f"{root}/blessing/1", DataBlessing)
    inputs = gate_inputs(root, "ENUM_TYPE_UNEXPECTED_STRING_VALUES")
    with pytest.raises(DataError, match=r"'Atlantis' in 1 of 2 rows \(50.00%\) of the eval split"):
        DataGateExecutor().Do(inputs, {"blessing": blessing}, {"checks": CHECKS})
    assert fileio.list_files(f"{root}/blessing") == {}
    found = json.loads(fileio.read_bytes(f"{root}/refused/1/data_verdict.json"))
    assert found["findings"][0]["problem"]["what"].startswith("feature `island`")
    assert found["skew"]["eval"][0]["distance"] == 0


def test_infra_check_on_a_store_names_the_uri_of_the_model(root: str) -> None:
    fileio.write_bytes(f"{root}/model/1/Format-Serving/saved_model.pb", b"")
    model = artifacts(f"{root}/model/1", standard_artifacts.Model)
    blessing = artifacts(f"{root}/blessing/2", standard_artifacts.InfraBlessing)
    examples = artifacts(f"{root}/examples/1", standard_artifacts.Examples)
    InfraCheckExecutor().Do({"model": model, "examples": examples}, {"blessing": blessing}, {})
    assert blessing[0].get_int_custom_property("blessed") == 0
    found = json.loads(fileio.read_bytes(f"{root}/blessing/2/findings.json"))
    assert found["problems"][0]["place"] == f"{root}/model/1/Format-Serving"
    assert "/tmp" not in json.dumps(found).replace(f"{root}/", "")
    assert fileio.exists(f"{root}/blessing/2/INFRA_NOT_BLESSED")
    assert model[0].uri == f"{root}/model/1"


@pytest.mark.parametrize(("blessed", "formats"), [(0, True), (1, True), (1, False)])
def test_pusher_from_store_to_store_pushes_what_is_blessed(
    root: str, blessed: int, formats: bool
) -> None:
    for name in ("saved_model.pb", "variables/variables.index"):
        fileio.write_bytes(f"{root}/model/1/Format-Serving/{name}", name.encode())
    fileio.write_bytes(f"{root}/blessing/1/x", b"")
    model = artifacts(f"{root}/model/1", standard_artifacts.Model)
    blessing = artifacts(f"{root}/blessing/1", standard_artifacts.ModelBlessing)
    blessing[0].set_int_custom_property("blessed", blessed)
    pushed = artifacts(f"{root}/pushed/2", standard_artifacts.PushedModel)
    filesystem = pusher_pb2.PushDestination.Filesystem(base_directory=f"{root}/serving/taxi")
    destination = json_format.MessageToJson(pusher_pb2.PushDestination(filesystem=filesystem))
    inputs = {"model": model, "model_blessing": blessing}
    if formats:
        for name in ("export.json", "formats/model.onnx", "formats/parity.json"):
            fileio.write_bytes(f"{root}/exported/1/{name}", name.encode())
        inputs["exported_model"] = artifacts(f"{root}/exported/1", ExportedModel)
    AtomicPushExecutor().Do(
        inputs,
        {"pushed_model": pushed},
        {"push_destination": destination},
    )
    versions = fileio.list_files(f"{root}/serving/taxi")
    assert pushed[0].get_int_custom_property("pushed") == blessed
    if blessed:
        place = pushed[0].get_string_custom_property("pushed_destination")
        number = pushed[0].get_string_custom_property("pushed_version")
        assert place == f"{root}/serving/taxi/{number}"
        beside = {f"formats/{number}/{name}" for name in ("model.onnx", "parity.json") if formats}
        names = ("saved_model.pb", "variables/variables.index")
        assert set(versions) == {*(f"{number}/{name}" for name in names), *beside}
        there = pushed[0].get_string_custom_property("pushed_formats")
        assert there == (f"{root}/serving/taxi/formats/{number}" if formats else "")
    else:
        assert versions == {}


def test_smoke_rows_are_written_to_a_store(root: str) -> None:
    place = write_smoke_rows(f"{root}/model", SmokeRows([{"x": 1}], [{"y": 2}]))
    assert place == f"{root}/model/{LOCATION}"
    assert json.loads(fileio.read_bytes(place))["predictions"] == [{"y": 2}]


def test_warmup_rows_are_written_to_a_store(root: str) -> None:
    import tensorflow as tf

    from tfx_pipeline.modules.model.made_rows import write_warmup_rows

    class Graph:
        raw_spec = {"x": tf.io.VarLenFeature(tf.float32), "c": tf.io.VarLenFeature(tf.string)}

    write_warmup_rows(f"{root}/model", Graph(), {"x": [1.0, np.nan], "c": ["a", ""]})  # type: ignore[arg-type]
    (name,) = fileio.list_files(f"{root}/model")
    assert name == "assets.extra/tf_serving_warmup_requests"
    content = fileio.read_bytes(f"{root}/model/{name}")
    assert content.count(b"serving_examples") == 2
