"""A step's exception in the user's terms."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import grpc

from tfx_pipeline.errors import DataError, ExitStatus, Problem
from tfx_pipeline.runners.steps.failure import explain_failure


def load(file: Path, text: str) -> ModuleType:
    file.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def raised_by(function: Callable[[], object]) -> BaseException:
    try:
        function()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def test_explain_failure_points_at_the_users_file_and_line(tmp_path: Path) -> None:
    module = load(tmp_path / "my_model.py", "def run_fn():\n    return [1].index(2)\n")
    error = explain_failure("Trainer", raised_by(module.run_fn), tmp_path, "python again")
    assert error.title == "Trainer failed"
    assert error.exit_status == ExitStatus.STEP_FAILED
    (problem,) = error.problems
    assert problem.place == "my_model.py:2 in run_fn"
    assert problem.what == "ValueError: 2 is not in list"
    assert problem.next_step == "mend it, then: python again"


def test_explain_failure_of_a_wrapped_error_gives_the_first_cause(tmp_path: Path) -> None:
    text = "def f():\n    raise KeyError('fare')\n"
    module = load(tmp_path / "features.py", text)

    def wrapped() -> None:
        try:
            module.f()
        except KeyError as error:
            raise RuntimeError("Beam: \n\n [while running 'Analyze']") from error

    error = explain_failure("Transform", raised_by(wrapped), tmp_path, "again")
    assert str(error.problems[0]).startswith("features.py:2 in f: KeyError: 'fare'")


def test_explain_failure_of_a_traceback_as_text_finds_the_users_frame(tmp_path: Path) -> None:
    text = (
        "Traceback (most recent call last):\n"
        f'  File "{tmp_path}/features.py", line 7, in clean\n    x\n'
        '  File "/usr/lib/python3/site-packages/tf.py", line 9, in inner\n    y\n'
        "ValueError: bad fare [while running 'Analyze']"
    )
    error = explain_failure("Transform", RuntimeError(text), tmp_path, "again")
    assert error.problems[0].place == "features.py:7 in clean"
    assert error.problems[0].what == "ValueError: bad fare"


def test_explain_failure_of_a_full_disk_says_to_free_space(tmp_path: Path) -> None:
    error = explain_failure("Trainer", OSError(28, "No space left on device"), tmp_path, "again")
    assert error.problems[0].next_step == "free space on the disk, then: again"


def test_explain_failure_of_our_own_error_keeps_it(tmp_path: Path) -> None:
    own = DataError([Problem("too low")], "refused")

    def wrapped() -> None:
        try:
            raise own
        except DataError as error:
            raise RuntimeError("outer") from error

    assert explain_failure("DataGate", raised_by(wrapped), tmp_path, "again") is own


def test_explain_failure_of_a_call_says_what_the_service_said(tmp_path: Path) -> None:
    with grpc.insecure_channel("localhost:1") as channel:
        call = raised_by(lambda: channel.unary_unary("/a.b/C")(b"", timeout=5))
    (problem,) = explain_failure("Transform", call, tmp_path, "python again").problems
    assert problem.what.startswith("gRPC UNAVAILABLE: ") and "127.0.0.1:1" in problem.what
    assert problem.next_step == "see whether that service still runs, then: python again"


def test_explain_failure_of_a_lost_worker_says_where_to_look(tmp_path: Path) -> None:
    lost = RuntimeError("bundle inst003 stage-005 failed:SDK worker disconnected: worker[x]")
    (problem,) = explain_failure("Transform", lost, tmp_path, "python again").problems
    assert problem.next_step is not None and "Beam's worker ended" in problem.next_step
