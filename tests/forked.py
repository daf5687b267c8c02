"""`tfx-pipeline` commands in processes that begin as copies of one which has imported everything.

A real `tfx-pipeline node` imports TensorFlow and TFX for seconds; a copy starts at once, and is a
process of its own in all else: arguments, environment, folder, output, signals, exit status.

    done = forked().run(["node", "--ir", "ir.json", …], cwd=folder, env={"NAME": "value"})
    done.status, done.out, done.err
    job = forked().start([…]); job.pid; job.send(signal.SIGTERM); job.wait()

Several may run at once, and several threads may ask. `forked()` starts the first process, 8 s,
when it is first called in a test session, and gives the same one ever after.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
IMPORTS = (
    "tensorflow",
    "tfx.components",
    "tfx.orchestration.portable.launcher",
    "tfx_pipeline.components.infra_check.executor",
    "tfx_pipeline.modules.training",
    "tfx_pipeline.pipeline.create",
    "tfx_pipeline.runners.node.attempt",
)


@dataclass(frozen=True)
class Done:
    """A command that has ended: its exit status (negative: the signal), its two outputs."""

    status: int
    out: str
    err: str


class Job:
    """A command that runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pid = 0
        self.started, self.ended = threading.Event(), threading.Event()
        self.status = -1

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if it has not just ended."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def text(self, name: str) -> str:
        """Give what it has written so far to `out` or `err`."""
        return (self.folder / name).read_text(encoding="utf-8", errors="replace")

    def wait(self, timeout_s: float = 300) -> Done:
        """Wait for its end."""
        if not self.ended.wait(timeout_s):
            self.send(signal.SIGKILL)
            raise AssertionError(f"no end after {timeout_s} s:\n{self.text('err')[-3000:]}")
        return Done(self.status, self.text("out"), self.text("err"))


class Forked:
    """The process that the commands are copies of."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="forked-")
        self._jobs: list[Job] = []
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.forked"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            text=True,
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def start(
        self, words: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None
    ) -> Job:
        """Start `tfx-pipeline WORDS` in a folder; `env` is added to the environment.

        WORDS that begin with `python` start that module (`-m MODULE`) or that file instead.
        """
        with self._lock:
            job = Job(Path(self._folder.name) / str(len(self._jobs)))
            job.folder.mkdir()
            self._jobs.append(job)
            request = [list(words), str(cwd), dict(env or {}), str(job.folder)]
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        if not job.started.wait(120):
            raise AssertionError("the process that imports TFX does not answer")
        return job

    def run(
        self,
        words: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        timeout_s: float = 300,
    ) -> Done:
        """Run `tfx-pipeline WORDS` to its end."""
        return self.start(words, cwd=cwd, env=env).wait(timeout_s)

    def close(self) -> None:
        """End the process, and the commands that still run."""
        for job in self._jobs:
            if job.pid and not job.ended.is_set():
                job.send(signal.SIGKILL)
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._folder.cleanup()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            kind, number, value = json.loads(line)
            job = self._jobs[number]
            if kind == "started":
                job.pid = value
                job.started.set()
            else:
                job.status = value
                job.ended.set()


@functools.cache
def forked() -> Forked:
    """Give the process of this test session."""
    process = Forked()
    atexit.register(process.close)
    return process


def _serve() -> None:
    """Import, then fork a process for each line of standard input, and tell of its end."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for module in IMPORTS:
        __import__(module)
    running: dict[int, tuple[int, int]] = {}  # pidfd: number and pid
    requests, count = b"", 0
    while True:
        for ready in select.select([0, *running], [], [])[0]:
            if ready:
                number, pid = running.pop(ready)
                os.close(ready)
                status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                print(json.dumps(["ended", number, status]), file=answers, flush=True)
                continue
            chunk = os.read(0, 65536)
            if not chunk:
                return
            *lines, requests = (requests + chunk).split(b"\n")
            for line in lines:
                pid = os.fork()
                if pid == 0:
                    _become(*json.loads(line))
                running[os.pidfd_open(pid)] = (count, pid)
                print(json.dumps(["started", count, pid]), file=answers, flush=True)
                count += 1


def _become(words: list[str], cwd: str, env: dict[str, str], folder: str) -> None:
    """Become the command; never comes back."""
    status: Any = 1
    try:
        for target, name in ((1, "out"), (2, "err")):
            descriptor = os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT, 0o600)
            os.dup2(descriptor, target)
            os.close(descriptor)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(cwd)
        os.environ.update(env)
        status = _run(words)
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _run(words: list[str]) -> int:
    if words[:2] == ["python", "-m"]:
        sys.argv = words[2:]
        runpy.run_module(words[2], run_name="__main__", alter_sys=True)
        return 0
    if words[0] == "python":
        sys.argv = words[1:]
        runpy.run_path(words[1], run_name="__main__")
        return 0
    sys.argv = ["tfx-pipeline", *words]
    from tfx_pipeline import cli

    return cli.main(words)


if __name__ == "__main__":
    _serve()
