"""The end of a run's output: commands that can be typed, metrics that are missing, verdicts."""

from __future__ import annotations

import json
import math
import shlex
from pathlib import Path

import pytest

from tfx_pipeline.commands.asking.served_model import ServedModel
from tfx_pipeline.config.loader import LoadedConfig, load_config
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.evaluation.evaluation_facts import Change
from tfx_pipeline.evaluation.intervals.interval import Interval
from tfx_pipeline.export.verdict import ExportedFormat
from tfx_pipeline.ingestion.needs import TableNeeds
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.modules.smoke_rows import SmokeRows, write_smoke_rows
from tfx_pipeline.processes.this_process import program
from tfx_pipeline.runners.local.outcome_message import show_outcome
from tfx_pipeline.runners.local.run_record import Outcome, RunOptions, RunRecord
from tfx_pipeline.runners.steps.console import RunConsole
from tfx_pipeline.storage.plain_names import own_name

FOLDERS = [
    "plain", "my models", "it's", 'say "hi"', "v2 [new]", "a*b?c", "#1", "50%", "größe", "-dash",
    "a;b&c|d", "$HOME", "{a,b}", "a:b", "a:b,c", "back\\slash", "~tilde", "`tick`", "(x)", "<y>!",
]  # fmt: skip


@pytest.fixture(params=FOLDERS)
def loaded(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> LoadedConfig:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / request.param
    root.mkdir()
    (root / "c.yaml").write_text(
        "name: c\ndata: d\nlabel: {column: x, task: regression}\nfeatures: {f: numeric}\n"
    )
    return load_config(root / "c.yaml")


def test_show_outcome_prints_commands_that_can_be_typed(
    loaded: LoadedConfig, capfd: pytest.CaptureFixture[str]
) -> None:
    config = loaded.config
    model = config.serving_directory / "7"
    model.mkdir(parents=True)
    row = {"f": 1.5, 'it\'s "odd"': "$x `y` [z] é"}
    write_smoke_rows(model, SmokeRows([row], [{"y": 2.5}]))
    words = ["--config", f"{config.root}/c.yaml", "--set", "label.rule=x > 'a b'"]
    table = Table(config.root, TableNeeds(), (), (), (), ())
    record = RunRecord(config, RunOptions(command=("python", "run_local.py", *words)), table, "r")
    record.outcome.status, record.outcome.model = "pushed", model
    show_outcome(RunConsole(), record)
    lines = capfd.readouterr().out.splitlines()
    serve, curl, docker = (shlex.split(line) for line in (lines[-4], lines[-3], lines[-1]))
    assert serve == [program(), "serve", *words]
    assert curl[:2] == ["curl", "-d"] and json.loads(curl[2]) == {"instances": [row]}
    assert curl[3:] == ["localhost:8501/v1/models/c:predict"]
    folder = f"{config.root}/serving_model/c"
    mount = ["-v", f"{folder}:/models/c"]
    if ":" in folder:
        field = f'"source={folder}"' if "," in folder else f"source={folder}"
        mount = [f"--mount=type=bind,{field},target=/models/c"]
    start = ["docker", "run", "--rm", "-p", "8501:8501", *mount]
    assert docker == [*start, "-e", "MODEL_NAME=c", "tensorflow/serving"]
    assert "model      serving_model/c/7" in "\n".join(lines)
    assert str(own_name(model)) == f"{folder}/7"


def test_deployment_command_can_be_typed(loaded: LoadedConfig) -> None:
    words = (f"--config={loaded.config.root}/c.yaml", "--set=label.rule=x > 'a'")
    deployment = ServedModel(loaded.config, words)
    assert shlex.split(deployment.command("promote", "--label", "a b")) == [
        program(), "promote", "--label", "a b", *words,
    ]  # fmt: skip
    with pytest.raises(ConfigError) as caught:
        deployment.versions()
    next_step = caught.value.problems[0].next_step
    assert shlex.split(next_step or "") == [program(), "run", *words]


def test_show_outcome_asks_with_a_row_that_misses_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "c.yaml").write_text(
        "name: c\ndata: d\nlabel: {column: x, task: regression}\nfeatures: {f: numeric, g: text}\n"
    )
    config = load_config(tmp_path / "c.yaml").config
    rows = [{"f": float("nan"), "g": "a"}, {"f": 1.5, "g": ""}, {"f": 2.5, "g": "b"}]
    model = config.serving_directory / "7"
    model.mkdir(parents=True)
    write_smoke_rows(model, SmokeRows(rows, [{"y": 0.5}] * 3))
    record = RunRecord(config, RunOptions(), Table(tmp_path, TableNeeds(), (), (), (), ()), "r")
    record.outcome.status, record.outcome.model = "pushed", model
    show_outcome(RunConsole(), record)
    assert '{"instances": [{"f": 2.5, "g": "b"}]}' in capfd.readouterr().out


def shown_outcome(record: RunRecord, capfd: pytest.CaptureFixture[str], **values: object) -> str:
    record.outcome = Outcome(**values)  # type: ignore[arg-type]
    show_outcome(RunConsole(), record)
    return capfd.readouterr().out


def test_show_outcome_has_a_line_for_each_format(
    record: RunRecord, capfd: pytest.CaptureFixture[str]
) -> None:
    formats = [
        ExportedFormat("onnx", "model.onnx", 58_000, "equal", 12_000, 10_000, 1.3e-7, p50_ms=0.1),
        ExportedFormat(
            "tflite", "model.tflite", 19_000, "close", 12_000, 10_000, 0.18, kind="int8"
        ),
        ExportedFormat("pmml", verdict="refused", rows=12_000, real_rows=10_000),
    ]
    lines = shown_outcome(record, capfd, status="refused", formats=formats).splitlines()
    place = next(number for number, line in enumerate(lines) if "largest difference" in line)
    assert [line.split() for line in lines[place + 1 : place + 4]] == [
        ["onnx", "58,000", "1.3e-07", "12,000", "0.10", "ms"],
        ["tflite", "int8", "19,000", "1.8e-01", "10,000", "0.00", "ms"],
        ["pmml", "–", "refused", "12,000", "–"],
    ]
    assert "formats/" not in "\n".join(lines)


def test_show_outcome_says_why_a_metric_has_no_value(
    record: RunRecord, capfd: pytest.CaptureFixture[str]
) -> None:
    out = shown_outcome(
        record,
        capfd,
        status="refused",
        gate="thresholds on `auc`",
        metrics={"accuracy": 0.5},
        missing_metrics={
            "auc": "0 of 120 rows are positive",
            "mean_cost": "nothing says what errors cost",
            "recall": "0 of 120 rows are positive",
        },
        refusals=[Problem("metric `auc` cannot be computed", received="0 of 120 rows")],
    )
    assert "  auc, recall cannot be computed: 0 of 120 rows are positive" in out
    assert "  mean_cost cannot be computed: nothing says" in out
    assert out.count("0 of 120 rows are positive") == 1
    assert "gate       thresholds on `auc`" in out
    assert "verdict    refused: nothing was pushed" in out
    assert "no baseline: no other model was blessed before" in out
    assert "nan" not in out


def test_show_outcome_tells_intervals_changes_and_the_figure_that_decided(
    record: RunRecord, capfd: pytest.CaptureFixture[str]
) -> None:
    loss = Interval(-0.0012, -0.0031, 0.0007, "delong", 3210)
    out = shown_outcome(
        record,
        capfd,
        status="pushed",
        smoke_rows=32,
        decided="`auc` 0.9503 (0.9421 to 0.9574) is at least 0.9",
        metrics={"auc": 0.9503, "mean_label": 0.2},
        intervals={
            "auc": Interval(0.9503, 0.9421, 0.9574, "delong", 3210),
            "mean_label": Interval(0.2, math.nan, math.nan, "none", 3210),
        },
        has_baseline=True,
        baseline_metrics={"auc": 0.9491, "mean_label": 0.2},
        changes={"auc": Change("auc", loss, None, "cannot tell")},
        linear_metrics={"auc": 0.91},
        trivial_metrics={"auc": 0.5},
    )
    lines = out.splitlines()
    table = [line.split() for line in lines if line.startswith(("  auc", "  mean_label"))]
    assert table[0][:5] == ["auc", "0.9503", "0.9421", "to", "0.9574"]
    assert table[0][5:] == ["0.9491", "-0.0031", "to", "0.0007", "cannot", "tell"]
    assert table[1] == ["mean_label", "0.2000", "–", "0.2000", "–"]
    assert "  beside it: auc 0.9100 of a linear model, 0.5000 of the trivial answer" in lines
    place = lines.index("  verdict    blessed: `auc` 0.9503 (0.9421 to 0.9574) is at least 0.9")
    assert lines[place + 1] == "             pushed, and queried with 32 eval rows"
    assert max(len(line) for line in lines if "/" not in line) <= 100  # but for places


def test_show_outcome_with_a_baseline_whose_metrics_are_missing_does_not_deny_it(
    record: RunRecord, capfd: pytest.CaptureFixture[str]
) -> None:
    out = shown_outcome(record, capfd, status="partial", metrics={"auc": 0.5}, has_baseline=True)
    assert "no baseline" not in out
    assert "the steps that push were left out, as was asked for" in out
