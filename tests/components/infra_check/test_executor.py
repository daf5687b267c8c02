"""The infrastructure check with real servers: what it blesses, what it refuses, and why."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import psutil
import pytest

from tfx_pipeline.deployment.candidate_server import (
    ServerAddress,
    ServerFailedError,
    offered,
    serving,
    start_early,
)
from tfx_pipeline.deployment.client import RestClient
from tfx_pipeline.modules.smoke_rows import SmokeRows, write_smoke_rows
from tfx_pipeline.processes.waiting_process import WaitingProcess
from tfx_pipeline.serving.types import StateName

pytestmark = pytest.mark.slow

INSTANCES = [
    {"miles": 1.5, "city": "Ulm"},
    {"miles": math.nan, "city": "Neu-Ulm"},
    {"miles": -2.0, "city": ""},
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """value = 2 * scaled + length, of scaled = miles / 10 (missing: 0) and the city's length."""
    import tensorflow as tf

    spec = {
        "miles": tf.io.FixedLenFeature([], tf.float32, math.nan),
        "city": tf.io.FixedLenFeature([], tf.string, ""),
    }
    examples = tf.TensorSpec([None], tf.string, "examples")

    class Trips(tf.Module):
        def transform(self, miles: tf.Tensor, city: tf.Tensor) -> dict[str, tf.Tensor]:
            scaled = tf.where(tf.math.is_nan(miles), 0.0, miles / 10)
            return {
                "length": tf.cast(tf.strings.length(city), tf.float32)[:, tf.newaxis],
                "scaled": scaled[:, tf.newaxis],
            }

        def answer(self, miles: tf.Tensor, city: tf.Tensor) -> dict[str, tf.Tensor]:
            features = self.transform(miles, city)
            value = 2 * features["scaled"][:, 0] + features["length"][:, 0]
            return {"value": value, "city": city}

        @tf.function(
            input_signature=[
                tf.TensorSpec([None], tf.float32, "miles"),
                tf.TensorSpec([None], tf.string, "city"),
            ]
        )
        def instances(self, miles: tf.Tensor, city: tf.Tensor) -> dict[str, tf.Tensor]:
            return self.answer(miles, city)

        @tf.function(input_signature=[examples])
        def of_examples(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
            return self.answer(**tf.io.parse_example(examples, spec))

        @tf.function(input_signature=[examples])
        def transform_examples(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
            return self.transform(**tf.io.parse_example(examples, spec))

    folder = tmp_path_factory.mktemp("trips") / "model" / "Format-Serving"
    trips = Trips()
    signatures = {
        "serving_default": trips.instances,
        "serving_examples": trips.of_examples,
        "transform_features": trips.transform_examples,
    }
    tf.saved_model.save(trips, str(folder), signatures=signatures)
    write_smoke_rows(folder, right_rows())
    return folder


def right_rows() -> SmokeRows:
    scaled, lengths = (0.15, 0.0, -0.2), (3, 7, 0)
    return SmokeRows(
        INSTANCES,
        [
            {"value": 2 * x + n, "city": row["city"]}
            for x, n, row in zip(scaled, lengths, INSTANCES, strict=True)
        ],
        [{"length": [n], "scaled": [x]} for x, n in zip(scaled, lengths, strict=True)],
    )


def examples() -> list[bytes]:
    import tensorflow as tf

    serialized = []
    for row in INSTANCES:
        example = tf.train.Example()
        if not math.isnan(row["miles"]):
            example.features.feature["miles"].float_list.value.append(row["miles"])
        if row["city"]:
            example.features.feature["city"].bytes_list.value.append(row["city"].encode())
        serialized.append(example.SerializeToString())
    return serialized


@pytest.fixture(scope="module")
def served(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerAddress]:
    """The model behind a `tensorflow_model_server` on PATH, which the embedded server plays."""
    folder = tmp_path_factory.mktemp("path")
    embedded = f"exec {sys.executable} -m tfx_pipeline.serving.server"
    with pytest.MonkeyPatch.context() as patch:
        put_on_path(f'echo "$@" > {folder}/flags; {embedded} "$@"', folder, patch)
        with serving("auto", model, "trips", 120) as served:
            yield served
    flags = (folder / "flags").read_text(encoding="utf-8").split()
    assert "--model_name=trips" in flags and "--max_num_load_retries=0" in flags


def put_on_path(script: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a `tensorflow_model_server` of a shell script."""
    program = folder / "bin/tensorflow_model_server"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


def check(served: ServerAddress, rows: SmokeRows) -> Any:
    from tfx_pipeline.components.infra_check.served_answers import Findings, check_answers

    findings = Findings()
    check_answers(served, rows, examples, findings)
    return findings


def changed(what: str, row: int, name: str, value: Any) -> SmokeRows:
    """Give the right rows but for one value."""
    rows = right_rows()
    values = [dict(each) for each in getattr(rows, what)]
    values[row][name] = value
    return dataclasses.replace(rows, **{what: values})


def test_check_answers_as_in_training_finds_no_problem_and_measures(served: ServerAddress) -> None:
    findings = check(served, right_rows())
    assert findings.problems == []
    assert (findings.server, findings.rows) == ("tensorflow_model_server", 3)
    assert findings.largest_difference < 1e-6
    assert set(findings.latencies_ms) == {"rest_p50", "rest_p99", "grpc_p50", "grpc_p99"}
    for way in ("rest", "grpc"):
        p50, p99 = (findings.latencies_ms[f"{way}_p{x}"] for x in (50, 99))
        assert 0 < p50 <= p99 < 10_000


def test_check_answers_of_a_feature_transformed_otherwise_names_it(served: ServerAddress) -> None:
    rows = changed("transformed", 2, "scaled", [0.3])
    rows = dataclasses.replace(
        rows, predictions=changed("predictions", 2, "value", 0.6).predictions
    )
    (problem,) = check(served, rows).problems
    assert problem.place == "row 2 by REST, output `value`"
    assert (
        "first differing feature `scaled`, transformed to [-0.2] here and to [0.3]" in problem.what
    )
    assert problem.received == "-0.4, a difference of 1"
    assert problem.allowed == "0.6, to 1e-05"


def test_check_answers_of_another_network_says_that_no_feature_differs(
    served: ServerAddress,
) -> None:
    (problem,) = check(served, changed("predictions", 1, "value", 7.001)).problems
    assert problem.place == "row 1 by REST, output `value`"
    assert "so the network itself differs" in problem.what


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (("miles", "city", "fare"), "feature `fare`, which the model has no input for"),
        (("miles",), "feature `city`, an input that the rows do not give"),
    ],
)
def test_check_answers_refused_rows_name_the_input(
    served: ServerAddress, names: tuple[str, ...], text: str
) -> None:
    rows = right_rows()
    instances = [{name: row.get(name, 1.0) for name in names} for row in rows.instances]
    (problem,) = check(served, dataclasses.replace(rows, instances=instances)).problems
    assert "refuses real rows by REST" in problem.what and text in problem.what
    assert str(problem.received).startswith("INVALID_ARGUMENT: Failed to process element: 0 ")


class Run:
    """The component's executor on artifacts of its own, as TFX runs it."""

    def __init__(self, model: Path, folder: Path, **settings: Any) -> None:
        from tfx.types import artifact_utils, standard_artifacts

        from tfx_pipeline.components.infra_check.executor import InfraCheckExecutor

        candidate = standard_artifacts.Model()
        candidate.uri, candidate.id = str(model.parent), 7
        rows = standard_artifacts.Examples()
        rows.uri = str(folder / "examples")
        rows.split_names = artifact_utils.encode_split_names(["train", "eval"])
        self.blessing = standard_artifacts.InfraBlessing()
        self.blessing.uri = str(folder / "blessing")
        defaults = {"model_name": "trips", "server": "auto", "load_timeout_s": 120.0}
        InfraCheckExecutor().Do(
            {"model": [candidate], "examples": [rows]},
            {"blessing": [self.blessing]},
            defaults | settings,
        )
        (mark,) = Path(self.blessing.uri).glob("INFRA_*")
        self.mark = mark.name
        self.is_blessed = self.blessing.get_int_custom_property("blessed") == 1
        text = (mark.parent / "findings.json").read_text(encoding="utf-8")
        self.findings: dict[str, Any] = json.loads(text)

    @property
    def problem(self) -> dict[str, Any]:
        (problem,) = self.findings["problems"]
        return problem


def copied(model: Path, folder: Path, rows: SmokeRows) -> Path:
    """Copy the model with other smoke rows, and write its eval split."""
    import tensorflow as tf

    copy = folder / "model" / "Format-Serving"
    shutil.copytree(model, copy)
    write_smoke_rows(copy, rows)
    (folder / "examples/Split-eval").mkdir(parents=True)
    with tf.io.TFRecordWriter(str(folder / "examples/Split-eval/rows.gz"), "GZIP") as file:
        for example in examples():
            file.write(example)
    return copy


@pytest.fixture
def running(served: ServerAddress, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the component meet the server that runs already."""
    from tfx_pipeline.components.infra_check import executor as infra_check

    monkeypatch.setattr(infra_check, "serving", lambda *_: nullcontext(served))


@pytest.mark.usefixtures("running")
def test_infra_check_of_right_answers_blesses_with_what_it_measured(
    model: Path, tmp_path: Path
) -> None:
    run = Run(model, tmp_path, max_latency_ms=60_000.0)
    assert (run.is_blessed, run.mark) == (True, "INFRA_BLESSED"), run.findings
    assert run.blessing.get_int_custom_property("current_model_id") == 7
    assert run.blessing.get_string_custom_property("server") == "tensorflow_model_server"
    assert run.blessing.get_int_custom_property("rows") == 3
    assert 0 < run.blessing.get_float_custom_property("rest_p50") < 10_000


@pytest.mark.usefixtures("running")
def test_infra_check_of_tampered_rows_does_not_bless(model: Path, tmp_path: Path) -> None:
    copy = copied(model, tmp_path, changed("predictions", 0, "city", "Bonn"))
    run = Run(copy, tmp_path)
    assert (run.is_blessed, run.mark) == (False, "INFRA_NOT_BLESSED")
    assert run.problem["place"] == "row 0 by REST, output `city`"
    assert run.problem["received"] == "'Ulm', a difference of 1"
    assert "so the network itself differs" in run.problem["what"]


@pytest.mark.usefixtures("running")
def test_infra_check_of_an_answer_that_is_no_number_stores_none(
    model: Path, tmp_path: Path
) -> None:
    rows = changed("predictions", 1, "value", "text")  # an infinite difference
    run = Run(copied(model, tmp_path, rows), tmp_path)
    assert not run.is_blessed
    assert run.findings["largest_difference"] is None
    assert "largest_difference" not in run.blessing.mlmd_artifact.custom_properties


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, [0.5, math.nan]])
def test_infra_check_of_a_model_that_answered_no_number_in_training_names_the_row(
    model: Path, tmp_path: Path, value: Any
) -> None:
    copy = copied(model, tmp_path, changed("predictions", 1, "value", value))
    run = Run(copy, tmp_path, server="binary")
    assert (run.is_blessed, run.mark) == (False, "INFRA_NOT_BLESSED")
    assert run.problem["place"] == "row 1 of the eval split, output `value`"
    assert run.problem["received"].endswith("for miles=nan, city='Neu-Ulm'")


def test_infra_check_of_a_changed_row_that_got_no_number_names_the_change(
    model: Path, tmp_path: Path
) -> None:
    rows = changed("predictions", 2, "value", math.nan)
    rows = dataclasses.replace(rows, changes=["", "", "`city` missing"])
    run = Run(copied(model, tmp_path, rows), tmp_path, server="binary")
    assert not run.is_blessed
    assert run.problem["place"] == "a row of the eval split with `city` missing, output `value`"


def test_serving_in_a_process_that_is_offered_uses_it_once(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")  # no model server there
    with closing(WaitingProcess("model server", "spawn")) as process, offered(process):
        start_early("auto", model, "trips")
        with serving("auto", model, "trips", 120) as served:
            assert served.server == "embedded server"
            with closing(RestClient(served.rest)) as client:
                (state,) = client.states("trips")
            assert (state.version, state.state) == (1, StateName.AVAILABLE)
            assert process.poll() is None
        assert process.poll() is not None  # not another one


def test_check_answers_of_a_changed_row_that_differ_name_the_change(served: ServerAddress) -> None:
    rows = dataclasses.replace(
        right_rows(), changes=["", "", "`city` missing"], transformed=right_rows().transformed[:2]
    )
    findings = check(served, rows)
    assert (findings.problems, findings.rows, findings.changed_rows) == ([], 2, 1)
    wrong = changed("predictions", 2, "value", 6.6).predictions
    (problem,) = check(served, dataclasses.replace(rows, predictions=wrong)).problems
    assert "first differing feature `city` missing, which the signature does not read" in str(
        problem
    )


def test_infra_check_of_a_model_without_rows_is_not_blessed(tmp_path: Path) -> None:
    run = Run(tmp_path / "model" / "Format-Serving", tmp_path)
    assert not run.is_blessed
    assert "carries no rows" in run.problem["what"]


def test_infra_check_of_slow_answers_is_not_blessed() -> None:
    from tfx_pipeline.components.infra_check.executor import _too_slow
    from tfx_pipeline.components.infra_check.served_answers import Findings

    findings = Findings("embedded server", latencies_ms={"rest_p50": 3.25, "grpc_p50": 1.0})
    (problem,) = _too_slow(findings, 2.0)
    assert problem.what == "a request of one row takes too long by rest"
    assert (problem.received, problem.allowed) == ("3.25 ms, the median", "at most 2 ms")
    assert list(_too_slow(findings, None)) == []


def test_infra_check_of_a_model_that_the_server_cannot_load_tells_its_last_words(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "echo loading; echo 'Failed to start server. Error: UNKNOWN: no such op'; exit 255"
    put_on_path(script, tmp_path, monkeypatch)
    run = Run(model, tmp_path)
    assert not run.is_blessed
    assert run.problem["what"] == (
        "the server ended without serving the model; it said: loading | Failed to start server."
        " Error: UNKNOWN: no such op"
    )


def test_serving_by_a_server_that_never_answers_ends_it(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_on_path("exec sleep 1000", tmp_path, monkeypatch)
    before = psutil.Process().children()
    with (
        pytest.raises(ServerFailedError, match=r"not served within 1 s"),
        serving("binary", model, "trips", 1),
    ):
        pass
    assert psutil.Process().children() == before


def test_serving_by_a_binary_that_is_not_there_raises(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tfx_pipeline.errors import PipelineError

    monkeypatch.setenv("PATH", "/nowhere")
    with (
        pytest.raises(PipelineError, match="tensorflow_model_server is not on the PATH"),
        serving("binary", model, "trips", 1),
    ):
        pass
