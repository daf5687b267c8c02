"""Load from outside Python: wrk for HTTP, ghz for gRPC, each in a process of its own.

Terms:
    clients: connections that each send the next request when the last one is answered.
    limit of the client: what it reaches against an echo; a server near it is not the bottleneck.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_WRK_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local file = io.open("{body}", "rb")
wrk.body = file:read("*a")
file:close()
done = function(summary, latency, requests)
  local bad = summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.status + summary.errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), bad))
end
"""


class MissingClientError(Exception):
    """A load client is not installed; the message says how to get it."""


@dataclass(frozen=True)
class Load:
    """What a client saw: requests per second, latencies in milliseconds, failed requests."""

    per_second: float
    p50_ms: float
    p99_ms: float
    failed: int


def load_http(url: str, body: bytes, clients: int, seconds: float) -> Load:
    """Send one body again and again by `clients` kept-alive connections."""
    program = _find("wrk", "apt-get install wrk")
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        body_file = Path(folder) / "body.json"
        body_file.write_bytes(body)
        script = Path(folder) / "post.lua"
        script.write_text(_WRK_SCRIPT.replace("{body}", str(body_file)))
        command = [program, "-t1", f"-c{clients}", f"-d{max(1, round(seconds))}s", "--timeout=20s"]
        out = _output([*command, "-s", str(script), url])
    line = next(line for line in out.splitlines() if line.startswith("RESULT "))
    requests, micros, p50, p99, failed = map(int, line.split()[1:])
    return Load(requests / micros * 1e6, p50 / 1e3, p99 / 1e3, failed)


def load_grpc(address: str, request: Any, clients: int, seconds: float) -> Load:
    """Send one `PredictRequest` again and again, `clients` at once, eight to a connection."""
    program = _find("ghz", "go install github.com/bojand/ghz/cmd/ghz@latest")
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        protoset = Path(folder) / "service.protoset"
        protoset.write_bytes(_descriptors())
        body_file = Path(folder) / "request.bin"
        body_file.write_bytes(request.SerializeToString())
        command = [program, "--insecure", "--protoset", str(protoset)]
        command += ["--call", "tensorflow.serving.PredictionService.Predict"]
        command += ["--binary-file", str(body_file), "-c", str(clients), "-z", f"{seconds:g}s"]
        command += ["--connections", str(max(1, clients // 8)), "--duration-stop=wait"]
        found = json.loads(_output([*command, "-O", "json", address]))
    percentiles = {
        each["percentage"]: each["latency"] / 1e6 for each in found["latencyDistribution"]
    }
    failed = sum(n for status, n in found["statusCodeDistribution"].items() if status != "OK")
    return Load(found["rps"], percentiles[50], percentiles[99], failed)


def _descriptors() -> bytes:
    """Serialize the descriptors of the service and of all that they refer to."""
    from google.protobuf import descriptor_pb2
    from tensorflow_serving.apis import prediction_service_pb2

    described = descriptor_pb2.FileDescriptorSet()

    def add(file: Any) -> None:
        for dependency in file.dependencies:
            add(dependency)
        if all(each.name != file.name for each in described.file):
            file.CopyToProto(described.file.add())

    add(prediction_service_pb2.DESCRIPTOR)
    return described.SerializeToString()


def _find(program: str, how: str) -> str:
    path = shutil.which(program) or shutil.which(program, path=str(Path.home() / "go/bin"))
    if path is None:
        raise MissingClientError(f"{program} is not on the PATH; to get it: {how}")
    return path


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"status {done.returncode} of {command[0]}: {done.stderr[-500:]}")
    return done.stdout
