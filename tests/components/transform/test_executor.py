"""The transform graph of our executor is that of TFX's, on the same rows."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from google.protobuf import text_format
from tfx.components.transform import executor as stock
from tfx.types import standard_artifacts

from tests.modules.tables import Table, make_config, transform_config
from tfx_pipeline.components.transform.executor import TransformExecutor
from tfx_pipeline.modules.model.transform_graph import TransformGraph
from tfx_pipeline.patches.beam_tuning import BEAM_OPTIONS

pytestmark = pytest.mark.slow
OURS = "tfx_pipeline.modules.preprocessing.preprocessing_fn"
KINDS = {"miles": float, "log": float, "year": int, "city": str, "note": str, "fare": float}
KINDS |= {"remark": str, "hint": str}
CONFIG = make_config(
    label={"column": "fare", "task": "binary", "rule": "fare > 20"},
    features={
        "miles": {"kind": "numeric", "buckets": 5},
        "log": {"kind": "numeric", "scale": "log_zscore"},
        "year": {"kind": "numeric", "scale": "minmax"},
        "city": {"kind": "categorical", "max_vocabulary": 5, "target": True},
        "note": {"kind": "text", "max_vocabulary": 3},
        "remark": {"kind": "text", "ngrams": 2, "weights": "tfidf", "max_vocabulary": 4},
        "hint": {"kind": "text", "hash_buckets": 8, "weights": "tfidf"},
    },
    lookups={"city_fare": {"key": "city", "value": "fare"}},
)


def make_table(rows=3000):
    random = np.random.default_rng(3)
    return Table(
        KINDS,
        [
            {
                "miles": float(random.normal(1e6, 3)),
                "log": float(random.lognormal()) if i % 7 else None,
                "year": int(random.integers(1900, 2100)),
                "city": "abcdefgh"[int(random.integers(0, 8)) % (1 + i % 8)],
                "note": ["a b", "b c, b", "", None][i % 4],
                "remark": ["a b", "b c, b", "", None, "a d"][i % 5],
                "hint": ["a b", "b c, b", "", None, "a d"][i % 5],
                "fare": float(random.exponential(20)),
            }
            for i in range(rows)
        ],
        required=["year"],
    )


@pytest.fixture(scope="module")
def table():
    return make_table()


@pytest.fixture(scope="module")
def inputs(table, tmp_path_factory):
    """Rows in two splits, and a split `test` that nobody may read."""
    folder = tmp_path_factory.mktemp("inputs")
    examples, schema = standard_artifacts.Examples(), standard_artifacts.Schema()
    examples.uri, schema.uri = str(folder / "examples"), str(folder / "schema")
    examples.split_names = '["train", "eval", "test"]'
    for split in ("train", "eval", "test"):
        (folder / f"examples/Split-{split}").mkdir(parents=True)
    table.write(folder / "examples/Split-train/data_tfrecord-00000-of-00001.gz")
    for split in ("eval", "test"):
        (folder / f"examples/Split-{split}/data_tfrecord-00000-of-00001.gz").write_bytes(b"broken")
    (folder / "schema").mkdir()
    proto = tft.DatasetMetadata.from_feature_spec(table.spec).schema
    (folder / "schema/schema.pbtxt").write_text(text_format.MessageToString(proto))
    return {"examples": [examples], "schema": [schema]}


def transform(executor, inputs, folder, fn=OURS, options=BEAM_OPTIONS, **properties):
    graph = standard_artifacts.TransformGraph()
    graph.uri = str(folder / "graph")
    context = executor.Context(beam_pipeline_args=list(options), tmp_dir=str(folder / "temporary"))
    executor(context).Do(
        inputs,
        {"transform_graph": [graph]},
        {
            "preprocessing_fn": fn,
            "custom_config": json.dumps(transform_config(CONFIG)),
            "disable_statistics": 1,
            **properties,
        },
    )
    return folder / "graph"


@pytest.fixture(scope="module")
def both(inputs, tmp_path_factory):
    return [
        transform(executor, inputs, tmp_path_factory.mktemp("transform"))
        for executor in (stock.Executor, TransformExecutor)
    ]


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def test_executor_writes_the_files_of_tfx_with_the_same_words_and_schemas(both):
    theirs, ours = map(files_of, both)
    assert theirs.keys() == ours.keys()
    same = [name for name in theirs if "assets" in name or name.endswith(".pbtxt")]
    assert {Path(name).name for name in same} == {"ids_table", "averages_table", "schema.pbtxt"}
    for name in ("transform_fn/assets/ids_table", "metadata/schema.pbtxt"):
        assert ours[name] == theirs[name]
    assert ours["transformed_metadata/schema.pbtxt"] == theirs["transformed_metadata/schema.pbtxt"]


def test_executor_gives_a_graph_that_transforms_as_that_of_tfx(both, table):
    theirs, ours = (TransformGraph(str(folder))(table.parsed()) for folder in both)
    assert len(ours) == len(theirs) == 15
    for name, values in theirs.items():
        np.testing.assert_allclose(ours[name], values, rtol=1e-6, atol=1e-6, err_msg=name)


def test_executor_in_this_process_starts_no_pipeline(inputs, tmp_path, monkeypatch):
    monkeypatch.setattr(stock.Executor, "_make_beam_pipeline", _refuse)
    assert transform(TransformExecutor, inputs, tmp_path).is_dir()


@pytest.mark.parametrize(
    ("options", "properties", "why"),
    [
        (["--runner=FlinkRunner"], {}, "its engine is named"),
        (["--direct_running_mode=multi_processing"], {}, "its engine is named"),
        (BEAM_OPTIONS, {"disable_statistics": 0}, "statistics are to be written"),
        (BEAM_OPTIONS, {"fn": f"{__name__}.words_fn"}, "is one of Beam's own"),
        (BEAM_OPTIONS, {"fn": f"{__name__}.nested_fn"}, "reads what another one answers"),
    ],
)
def test_executor_leaves_to_beam_what_must_be_its(
    options, properties, why, inputs, tmp_path, monkeypatch, caplog
):
    caplog.set_level(logging.INFO)
    done = []
    monkeypatch.setattr(stock.Executor, "Do", lambda *arguments: done.append(arguments))
    transform(TransformExecutor, inputs, tmp_path, options=options, **properties)
    assert len(done) == 1
    assert not (tmp_path / "graph").exists()
    assert "Beam analyzes the rows: " in caplog.text
    assert why in caplog.text


def test_executor_works_with_the_users_own_analyzers(inputs, table, tmp_path, monkeypatch):
    monkeypatch.setattr(stock.Executor, "_make_beam_pipeline", _refuse)
    folder = transform(TransformExecutor, inputs, tmp_path, fn=f"{__name__}.own_fn")
    fares = np.array([row["fare"] for row in table.rows], np.float32)
    scaled = TransformGraph(str(folder))(table.parsed())["scaled"].numpy()[:, 0]
    np.testing.assert_allclose(scaled, (fares - fares.mean()) / fares.std(), atol=1e-4)


def _refuse(*_):
    raise AssertionError("Beam was asked")


def _dense(feature, missing):
    values = tf.SparseTensor(feature.indices, feature.values, [feature.dense_shape[0], 1])
    return tf.sparse.to_dense(values, missing)


def words_fn(inputs):
    return {"city": tft.compute_and_apply_vocabulary(_dense(inputs["city"], ""))}


def nested_fn(inputs):
    miles = _dense(inputs["miles"], 0.0)
    return {"miles": tft.scale_to_0_1(tft.scale_to_z_score(miles))}


def own_fn(inputs):
    return {"scaled": tft.scale_to_z_score(_dense(inputs["fare"], 0.0))}
