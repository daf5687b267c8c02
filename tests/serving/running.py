"""Servers in a process of their own, as a user starts them, or on a loop of their own."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvloop

from tests.free_ports import free_ports

REPOSITORY = Path(__file__).resolve().parents[2]


class LoopThread:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self.loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine: Any, timeout_s: float = 60) -> Any:
        """Run a coroutine on the loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(timeout_s)

    def end(self) -> None:
        """Stop the loop."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)


class RunningProgram:
    """A Python program with this repository on its path, its output in a file."""

    def __init__(self, log: Path, *words: str) -> None:
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, *words],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            )

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_until(self, condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
        """Wait until it holds, while the program runs."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert self.process.poll() is None and time.monotonic() < deadline, self.output
            time.sleep(0.02)


class RunningServer(RunningProgram):
    """`tfx-model-server` with free ports."""

    def __init__(self, log: Path, *flags: str) -> None:
        self.grpc_port, self.rest_port = free_ports(2)
        ports = [f"--port={self.grpc_port}", f"--rest_api_port={self.rest_port}"]
        super().__init__(log, "-m", "tfx_pipeline.serving.server", *ports, *flags)

    @classmethod
    def of_model(cls, log: Path, base: Path, *flags: str, name: str = "m") -> RunningServer:
        """Start a server of this model, and wait until it answers."""
        own = [f"--model_name={name}", f"--model_base_path={base}"]
        return cls(log, *own, *flags).wait_open()

    def __enter__(self) -> RunningServer:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def is_open(self) -> bool:
        """Tell whether the REST port takes connections."""
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.rest_port)) == 0

    def wait_open(self) -> RunningServer:
        """Wait until the REST port takes connections."""
        self.wait_until(self.is_open)
        return self

    def ask(self, path: str, body: Any = None) -> tuple[int, Any]:
        """Send a request (POST with a body, GET without); give the status and the JSON."""
        client = http.client.HTTPConnection("127.0.0.1", self.rest_port, timeout=30)
        try:
            text = None if body is None else json.dumps(body)
            client.request("GET" if body is None else "POST", f"/v1/models/{path}", text)
            answer = client.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            client.close()

    def wait_states(self, model: str, expected: dict[str, str]) -> None:
        """Wait until the versions have the expected states; others are not looked at."""

        def are_there() -> bool:
            listed = self.ask(model)[1].get("model_version_status", ())
            return expected.items() <= {each["version"]: each["state"] for each in listed}.items()

        self.wait_until(are_there, 30.0)

    def stop(self) -> int:
        """Ask it to end; give the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)
