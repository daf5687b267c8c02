"""A server in a process of its own, as a user starts it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]


def free_ports(count: int) -> list[int]:
    """Find ports that nobody listens at."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class RunningServer:
    """`tfx-model-server` with free ports, its output in a file."""

    def __init__(self, log: Path, *flags: str) -> None:
        self.grpc_port, self.rest_port = free_ports(2)
        self.log = log
        command = [sys.executable, "-m", "tfx_pipeline.serving.server"]
        command += [f"--port={self.grpc_port}", f"--rest_api_port={self.rest_port}", *flags]
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            )

    def __enter__(self) -> RunningServer:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def is_open(self) -> bool:
        """Tell whether the REST port takes connections."""
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.rest_port)) == 0

    def wait_open(self, timeout_s: float = 60.0) -> RunningServer:
        """Wait until the REST port takes connections."""
        deadline = time.monotonic() + timeout_s
        while not self.is_open():
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.02)
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

    def wait_states(self, model: str, expected: dict[str, str], timeout_s: float = 30.0) -> None:
        """Wait until the versions have the expected states; others are not looked at."""
        deadline = time.monotonic() + timeout_s
        while True:
            _, answer = self.ask(model)
            found = {x["version"]: x["state"] for x in answer.get("model_version_status", ())}
            if expected.items() <= found.items():
                return
            assert time.monotonic() < deadline, f"{found}\n{self.output}"
            time.sleep(0.05)

    def stop(self) -> int:
        """Ask it to end; give the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)
