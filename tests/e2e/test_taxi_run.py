"""The shipped taxi pipeline on real rows, from the command line to the pushed model."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.project import FEATURES, REPOSITORY, ROWS, Project, run_python
from tfx_pipeline.pipeline.step_order import RESOLVERS

pytestmark = pytest.mark.e2e

STEPS = (
    "CsvExampleGen",
    "StatisticsGen",
    "SchemaGen",
    "ImportSchemaGen",
    "ExampleValidator",
    "latest_blessed_data_resolver",
    "DataGate",
    "Transform",
    "Trainer",
    "latest_blessed_model_resolver",
    "Evaluator",
    "ModelRiskAssessor",
    "InfraCheck",
    "Pusher",
    "smoke query",
)


@pytest.fixture
def project(first_run: tuple[Project, str], tmp_path: Path) -> Iterator[Project]:
    """The project after its first run; what a test does to it is undone."""
    project = first_run[0]
    before = project.table.read_text(encoding="utf-8")
    yield project
    project.table.write_text(before, encoding="utf-8")
    project.features.write_text(FEATURES, encoding="utf-8")


def test_run_prints_a_line_per_step_and_a_closing_without_noise(
    first_run: tuple[Project, str],
) -> None:
    _, out = first_run
    for step in STEPS:
        assert f"  ✓ {step} " in out
    assert "WARNING" not in out and "tensorflow/core" not in out and "absl" not in out
    assert "no baseline: no other model was blessed before" in out
    assert "verdict    blessed: `" in out and " pushed, and queried with 32 eval rows" in out
    assert "docker run --rm -p 8501:8501" in out


def test_run_writes_every_artifact_and_a_summary(first_run: tuple[Project, str]) -> None:
    project, _ = first_run
    summary = project.summary()
    assert summary["status"] == "pushed"
    assert [step["id"] for step in summary["steps"]] == list(STEPS)
    rows = summary["rows"]
    assert rows["read"] == rows["train"] + rows["eval"] == ROWS
    assert (rows["without_label"], rows["dropped_by_rule"]) == (0, 0)
    assert 0.5 < summary["rows"]["train"] / ROWS < 0.8
    assert set(summary["metrics"]) >= {"auc", "pr_auc", "log_loss", "accuracy", "calibration"}
    assert 0.6 < summary["metrics"]["auc"] <= 1
    for name in ("CsvExampleGen.examples", "StatisticsGen.statistics", "SchemaGen.schema"):
        assert any(Path(summary["artifacts"][name]).iterdir())
    for name in ("Transform.transform_graph", "Trainer.model", "Evaluator.evaluation"):
        assert any(Path(summary["artifacts"][name]).iterdir())
    assert "step Trainer" in project.log
    assert "epoch 3 of 3: train loss" in project.log


def test_run_keeps_equal_rows_in_one_split(first_run: tuple[Project, str]) -> None:
    project, _ = first_run
    examples = Path(project.summary()["artifacts"]["CsvExampleGen.examples"])
    rows = {
        split: {gzip.decompress(f.read_bytes()) for f in (examples / f"Split-{split}").iterdir()}
        for split in ("train", "eval")
    }
    assert rows["train"].isdisjoint(rows["eval"])


def test_pushed_model_moved_elsewhere_answers_the_printed_curl_body(
    first_run: tuple[Project, str], tmp_path: Path
) -> None:
    project, out = first_run
    (version,) = project.versions
    assert version.name.isdecimal()
    moved = tmp_path / "elsewhere"
    shutil.copytree(version, moved)
    body = json.loads(out.split("curl -d '")[1].split("' localhost")[0])
    script = (
        "import json, sys, tensorflow as tf\n"
        "signature = tf.saved_model.load(sys.argv[1]).signatures['serving_default']\n"
        "rows = json.loads(sys.argv[2])['instances']\n"
        "specs = signature.structured_input_signature[1]\n"
        "tensors = {k: tf.constant([r[k] for r in rows], s.dtype) for k, s in specs.items()}\n"
        "print(json.dumps(signature(**tensors)['probability'].numpy().tolist()))\n"
    )
    done = run_python(["-c", script, str(moved), json.dumps(body)], tmp_path)
    (probability,) = json.loads(done.stdout.splitlines()[-1])
    smoke = json.loads((moved / "assets.extra/smoke_rows.json").read_text(encoding="utf-8"))
    shown = json.loads(json.dumps(smoke["instances"])).index(body["instances"][0])
    assert probability == pytest.approx(smoke["predictions"][shown]["probability"], abs=1e-5)
    assert "tips" not in body["instances"][0]


def test_rerun_with_nothing_changed_imports_nothing_heavy(project: Project) -> None:
    done = run_python(["-X", "importtime", *project.command()[1:]], project.folder)
    assert "nothing changed since run" in done.stdout
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "pydantic" in imported
    assert imported.isdisjoint({"tensorflow", "tfx", "apache_beam", "pyarrow", "pandas"})


def test_rerun_after_the_model_was_deleted_pushes_again(project: Project) -> None:
    (version,) = project.versions
    shutil.rmtree(version)
    out = project.run()
    assert "gone from disk" in out
    assert project.ran() == ["Pusher"]
    assert len(project.versions) == 1


def test_rerun_after_an_edit_of_the_users_code_runs_just_what_it_touches(
    project: Project,
) -> None:
    project.features.write_text(FEATURES + "# edited\n", encoding="utf-8")
    out = project.run()
    assert "ran: code or libraries changed" in out
    assert project.ran() == [
        "Transform",
        "Trainer",
        "Evaluator",
        "ModelRiskAssessor",
        "InfraCheck",
        "Pusher",
    ]
    assert "last blessed" in out and "no baseline" not in out


def test_run_of_a_model_below_its_threshold_is_refused_and_not_pushed(project: Project) -> None:
    before = project.versions
    out = project.run("--set=evaluation.thresholds={auc: {min: 0.9999}}", status=3)
    assert "metric `auc` misses its threshold" in out
    assert "allowed  at least 0.9999" in out
    assert "verdict    refused: " in out and "nothing was pushed" in out
    assert project.versions == before
    assert project.states()["Trainer"] == "cached"


SKEWED_RUN_FN = """\
from tfx_pipeline.modules import training
from tfx_pipeline.modules.smoke_rows import read_smoke_rows, write_smoke_rows


def run_fn(fn_args):
    training.run_fn(fn_args)
    rows = read_smoke_rows(fn_args.serving_model_dir)
    rows.predictions[3]["probability"] += 0.1
    rows.transformed[3]["trip_miles_scaled"][0] += 1
    write_smoke_rows(fn_args.serving_model_dir, rows)
"""


@pytest.mark.once
def test_run_of_a_model_that_a_server_answers_otherwise_is_refused_naming_the_feature(
    project: Project,
) -> None:
    before, module = project.versions, project.folder / "my_training.py"
    module.write_text(SKEWED_RUN_FN, encoding="utf-8")
    out = project.run("--set=hooks.run_fn=my_training.run_fn", status=3)
    assert "row 3 by REST, output `probability`: the server does not predict" in out
    assert "first differing feature `trip_miles_scaled`, transformed to" in out
    assert "verdict    refused: " in out and "nothing was pushed" in out
    assert project.versions == before
    baseline = baseline_in(out)
    # What was refused is nobody's baseline.
    assert baseline_in(project.run("--set=model.seed=5")) == baseline


def baseline_in(out: str) -> str:
    (line,) = [line for line in out.splitlines() if "latest_blessed_model_resolver" in line]
    return line.rpartition("baseline: ")[2]


def test_run_of_a_corrupted_table_is_refused_before_training(project: Project) -> None:
    before = project.versions
    project.edit_rows("payment_type", ["Shells", "Beads", "Salt", "Salt"])
    project.edit_rows("fare", ["-3.5"])
    out = project.run(status=3)
    assert "feature `payment_type`" in out
    assert "'Shells'" in out and "'Beads'" in out and "'Salt'" in out
    assert "feature `fare`" in out and "'-3.5' at data/taxi/data.csv:2 in 1 of" in out
    assert project.versions == before
    states = project.states()
    assert states["DataGate"] == "failed"
    assert "Transform" not in states and "Trainer" not in states


def test_run_only_one_step_takes_the_rest_from_before(project: Project) -> None:
    out = project.run("--only=Trainer", "--no-cache")
    assert list(project.states()) == ["Trainer"]
    assert "the steps that push were left out" in out


def test_run_with_failing_user_code_names_its_line_and_the_way_on(project: Project) -> None:
    broken = FEATURES.replace("    return", "    inputs['no_such_column']\n    return")
    project.features.write_text(broken, encoding="utf-8")
    out = project.run(status=1)
    assert "Transform failed" in out
    assert "my_features.py:5 in preprocessing_fn: KeyError: 'no_such_column'" in out
    assert f"mend it, then: python {REPOSITORY}/run_local.py --config=configs/taxi.yaml" in out
    assert project.states()["Transform"] == "failed"


@pytest.mark.once
def test_run_killed_in_training_repeats_only_what_was_not_finished(
    tmp_path: Path, first_run: tuple[Project, str]
) -> None:
    project = first_run[0]
    before = project.versions
    seed = "--set=model.seed=7"
    with project.start(seed) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if " Transform " in line:  # its line comes when it is done: Trainer runs now
                break
        other = project.run(seed, status=2)
        assert f"process {process.pid}" in other
        process.send_signal(signal.SIGKILL)
    assert project.versions == before
    out = project.run(seed)
    assert "an earlier run was cut off: 1 unfinished step(s) cleared" in out
    assert project.ran() == ["Trainer", "Evaluator", "ModelRiskAssessor", "InfraCheck", "Pusher"]
    assert len(project.versions) == len(before) + 1


@pytest.mark.once
def test_run_killed_again_and_again_finishes_and_repeats_only_what_was_not_finished(
    first_run: tuple[Project, str],
) -> None:
    project = first_run[0]
    before = project.versions
    seed = "--set=data.split.seed=7"  # another split: other rows for every step
    # A step's line comes when it is done: the kill hits the one after it.
    finished = ("CsvExampleGen", "StatisticsGen", "DataGate", "Trainer", "Pusher")
    done = {"ImportSchemaGen"}  # it reads the curated schema alone
    for last in finished:
        with project.start(seed) as process:
            assert process.stdout is not None
            for line in process.stdout:
                mark, step = ([*line.split(), "", ""])[:2]
                if mark == "=":
                    assert step in done
                elif mark == "✓" and step not in RESOLVERS:
                    assert step not in done
                    done.add(step)
                if step == last:
                    process.send_signal(signal.SIGKILL)
                    break
    assert done == set(STEPS) - {*RESOLVERS, "smoke query"}
    out = project.run(seed)
    assert project.ran() == []
    assert "verdict    blessed: `" in out and " pushed, and queried with 32 eval rows" in out
    assert len(project.versions) == len(before) + 1


@pytest.mark.once
def test_run_interrupted_in_training_publishes_nothing(project: Project) -> None:
    before = project.versions
    with project.start("--set=model.seed=8") as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            if " Transform " in line and line not in lines:  # one that is cut off comes again
                process.send_signal(signal.SIGINT)
            lines.append(line)
    assert process.returncode == 130
    assert "interrupted; nothing was half-published" in "".join(lines)
    assert project.versions == before
    assert project.summary()["status"] == "interrupted"


@pytest.mark.once
def test_run_on_a_full_disk_fails_clearly_and_publishes_nothing(project: Project) -> None:
    before = project.versions
    limited = ["prlimit", f"--fsize={64 * 1024}", *project.command("--set=model.seed=9")]
    done = subprocess.run(
        limited,
        cwd=project.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stdout
    assert f"free space on the disk, then: python {REPOSITORY}/run_local.py" in done.stdout
    assert project.versions == before
