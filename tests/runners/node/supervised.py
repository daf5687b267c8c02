"""A supervisor whose attempts do what they are told, with short waits.

python -m tests.runners.node.supervised FOLDER ATTEMPTS TIMEOUT_S WORD…

A word an attempt: a number to end with, `kill`, `hang`, `deaf` (to SIGTERM), `fill` (the memory),
`lose-child` (to a lack of memory), `orphan` (leaves a process).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tfx_pipeline.errors import ConfigError, DataError, PipelineError, Problem, StepError
from tfx_pipeline.runners.node import supervisor
from tfx_pipeline.runners.node.outcome_file import OutcomeFile, Supervised
from tfx_pipeline.runners.node.request import NodeRequest
from tfx_pipeline.runners.node.sigterm import Sigterm, sigterm_raised
from tfx_pipeline.runners.steps.console import StepLine

FILL = "x = []\nwhile True: x.append(bytearray(1 << 20))"


def main(folder: str, attempts: int, timeout_s: float, words: list[str]) -> int:
    supervisor.FIRST_WAIT_S = 0.3
    if "deaf" in words:
        supervisor.GRACE_S = 0.5
    request = NodeRequest("/no/ir.json", ["Trainer"], "one", pipeline_root=folder)
    made = Path(folder, "made")

    def attempt(is_first: bool) -> int:
        number = len(made.read_text()) if made.exists() else 0
        made.write_text("x" * (number + 1))
        file = OutcomeFile(folder, "one", "Trainer", "again", Supervised(attempts, not is_first))
        say(f"attempt {os.getpid()}")
        try:
            file.begin()
            return record(file, words[number])
        except PipelineError as error:
            file.end_failed(error)
            return int(error.exit_status)

    limit = timeout_s or None
    return supervisor.Supervisor("Trainer", attempt, lambda: request, attempts, limit).run()


def record(file: OutcomeFile, word: str) -> int:
    try:
        with sigterm_raised():
            return act(file, word)
    except Sigterm:
        file.end_stopped(143)
        return 143


def act(file: OutcomeFile, word: str) -> int:
    if word == "0":
        file.end_done(StepLine("Trainer", "ran", 1.0, "ran: first time", "facts"), before=False)
        return 0
    if word == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if word == "orphan":
        child = subprocess.Popen(["sleep", "60"])
        say(f"orphan {child.pid}")
        os.kill(os.getpid(), signal.SIGSEGV)
    if word == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if word in ("hang", "deaf"):
        say("hangs")
        time.sleep(60)
    if word == "fill":
        exec(FILL)
    if word == "lose-child":
        subprocess.run([sys.executable, "-c", FILL], check=False)
    status = 1 if word == "lose-child" else int(word)
    if status == 143:
        raise Sigterm
    error = {1: StepError, 2: ConfigError, 3: DataError}[status]
    file.end_failed(error([Problem("it broke")], "Trainer failed"))
    return status


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]))
