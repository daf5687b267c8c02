"""What a step's container runs natively: TFX's entry point, with the statuses of this package."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

from tests.forked import forked
from tfx_pipeline.errors import DataError, ExitStatus, PipelineError, Problem
from tfx_pipeline.runners.cluster.submission import is_refusal
from tfx_pipeline.runners.cluster.vertex import entry_point


@pytest.mark.parametrize(
    ("error", "status"), [(DataError, ExitStatus.REFUSED), (PipelineError, ExitStatus.STEP_FAILED)]
)
def test_main_ends_with_the_status_of_the_error_and_says_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: type, status: int
) -> None:
    def run_module(name: str, **_: object) -> None:
        assert name == "tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor"
        raise error([Problem("too many anomalies")], "the data breaks the schema")

    monkeypatch.setattr(runpy, "run_module", run_module)
    with pytest.raises(SystemExit) as ended:
        entry_point.main()
    assert ended.value.code == status
    assert "too many anomalies" in capsys.readouterr().err


@pytest.mark.slow
def test_command_of_a_step_whose_gate_refuses_ends_with_3(repository: Path, tmp_path: Path) -> None:
    words = [
        *entry_point.COMMAND,
        "--executor_class_path=tests.runners.cluster.vertex.refusing_executor.RefusingExecutor",
        "--json_serialized_invocation_args",
        json.dumps({"outputs": {"outputFile": str(tmp_path / "task/executor_output.json")}}),
    ]
    done = forked().run(words, cwd=repository)
    assert done.status == ExitStatus.REFUSED, done.out + done.err
    assert "trip_miles" in done.err
    assert not (tmp_path / "task/executor_output.json").exists()


def test_main_leaves_other_errors_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    def run_module(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(runpy, "run_module", run_module)
    with pytest.raises(ZeroDivisionError):
        entry_point.main()


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("The replica workerpool0-0 exited with a non-zero status of 3.", True),
        (
            "The replica workerpool0-0 exited with a non-zero status of 3. Termination reason:"
            " Error. To find out more about why your job exited please check the logs",
            True,
        ),
        ('Job failed with error "Replica exited with a non-zero status code 3"', True),
        ("The replica workerpool0-0 exited with a non-zero status of 1.", False),
        ("The replica workerpool0-0 exited with a non-zero status of 137.", False),
        ("The replica workerpool0-0 exited with a non-zero status of 30.", False),
        ('code: 3\nmessage: "The replica exited with a non-zero status of 128."', False),
    ],
)
def test_refusal_is_read_from_what_vertex_says_of_a_task(message: str, expected: bool) -> None:
    assert is_refusal(message) is expected
