"""Measure the model server beside its limits and beside what people write instead.

    python benchmarks/serving.py [--model DIR] [--seconds 4] [--clients 1,8,64] [--json FILE]

Everything runs on this machine in one run, the load in a process of its own (wrk and ghz). Without
--model the taxi pipeline is run for one. See README.md here.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
from load_clients import Load, MissingClientError, load_grpc, load_http
from measured_process import free_port, server_environment

_REPOSITORY = Path(__file__).resolve().parents[1]
_BASELINES = Path(__file__).with_name("serving_baselines.py")
_NAME = "taxi"
_FLAT_REQUESTS = 200_000
_WAIT_MICROS = {"REST": 2_000, "gRPC": 10_000}
"""How long a batch waits for more: gRPC brings requests in one by one, REST many at a time."""
_BATCHING = """
max_batch_size {{ value: 64 }}
batch_timeout_micros {{ value: {micros} }}
max_enqueued_batches {{ value: 1000 }}
num_batch_threads {{ value: 1 }}
"""


@dataclass(frozen=True)
class Bodies:
    """One row, as each protocol sends it, and its answer."""

    rest: bytes
    rest_answer: bytes
    grpc: Any
    grpc_answer: bytes


@dataclass(frozen=True)
class Row:
    """One line of the table: what was asked, and by how many clients."""

    server: str
    clients: int
    load: Load


def main() -> int:
    """Measure, and print tables; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, help="folder of a version with smoke rows")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each load")
    parser.add_argument("--clients", default="1,8,64")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    arguments = parser.parse_args()
    clients = [int(count) for count in arguments.clients.split(",")]
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        model = arguments.model or _trained_model(Path(folder))
        try:
            times, rows = measure(model.resolve(), Path(folder), clients, arguments.seconds)
        except MissingClientError as error:
            print(f"benchmark: {error}", file=sys.stderr)
            return 1
        show(times, rows)
    if arguments.json:
        figures = {"times": times, "rows": [asdict(row) for row in rows]}
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


def measure(
    model: Path, folder: Path, clients: Sequence[int], seconds: float
) -> tuple[dict[str, float], list[Row]]:
    """Measure all servers in turn."""
    times = json.loads(
        _run([sys.executable, str(_BASELINES), "times", str(model)]).splitlines()[-1]
    )
    bodies = _bodies(model, folder)
    rows: list[Row] = []
    answers = {"http": bodies.rest_answer, "grpc": bodies.grpc_answer}
    for kind, answer in answers.items():
        file = folder / f"answer-{kind}"
        file.write_bytes(answer)
        for name, more, counts in (("echo", [], clients), ("bare", [str(model)], clients[:1])):
            port = free_port()
            with _server([str(_BASELINES), f"{name}-{kind}", str(port), str(file), *more], port):
                rows += _loads(f"{name}-{kind}", port, bodies, counts, seconds, kind == "http")
    for kind, counts in (("bare-batch", [64]), ("fastapi", clients)):
        port = free_port()
        with _server([str(_BASELINES), kind, str(port), str(model)], port):
            rows += _loads(kind, port, bodies, counts, seconds, True)
    cores = os.cpu_count() or 1
    for workers in sorted({1, cores}):
        for protocol in _WAIT_MICROS:
            for batches in (False, True):
                name = f"{protocol} {'batching' if batches else 'direct'}, {workers} worker"
                flags = _batching_flags(folder, protocol) if batches else []
                with _ours(model, folder, [*flags, f"--workers={workers}"]) as (rest, grpc, _):
                    port = rest if protocol == "REST" else grpc
                    name += "s" * (workers > 1)
                    rows += _loads(name, port, bodies, clients, seconds, protocol == "REST")
    times["memory_before_mb"], times["memory_after_mb"] = _memory(model, folder, bodies)
    return times, rows


def _batching_flags(folder: Path, protocol: str) -> list[str]:
    file = folder / f"batching-{protocol}.config"
    text = _BATCHING.format(micros=_WAIT_MICROS[protocol])
    file.write_text(text, encoding="utf-8")
    return ["--enable_batching", f"--batching_parameters_file={file}"]


def show(times: dict[str, float], rows: Sequence[Row]) -> None:
    """Print all figures, then what was to be reached."""
    print(f"{'':28}{'clients':>8}{'req/s':>10}{'p50 ms':>10}{'p99 ms':>10}{'failed':>8}")
    for row in rows:
        load = row.load
        print(
            f"{row.server:28}{row.clients:8}{load.per_second:10.0f}{load.p50_ms:10.2f}"
            f"{load.p99_ms:10.2f}{load.failed:8}"
        )
    print(
        f"\nsession, 1 row: {times['model_1'] * 1e6:.0f} µs; 64: {times['model_64'] * 1e6:.0f} µs"
    )
    ratio = times["json"] / times["orjson"]
    print(f"JSON of 1,000 rows: {times['json'] * 1e3:.2f} ms, {ratio:.2f} x orjson (at most 3)")
    before, after = times["memory_before_mb"], times["memory_after_mb"]
    print(f"memory before and after {_FLAT_REQUESTS:,} requests: {before:.0f}, {after:.0f} MB\n")
    found = {(row.server, row.clients): row.load for row in rows}
    most = max(row.clients for row in rows)
    for protocol, kind in (("REST", "http"), ("gRPC", "grpc")):
        one, many = found[f"echo-{kind}", 1], found[f"echo-{kind}", most]
        bare = found[f"bare-{kind}", 1]
        limit = 1 / (1 / many.per_second + times["model_64"] / 64)
        batched = found[f"{protocol} batching, 1 worker", most]
        direct = found[f"{protocol} direct, 1 worker", 1]
        must = one.p50_ms + times["model_1"] * 1e3
        tail = batched.p99_ms / batched.p50_ms
        share = batched.per_second / limit
        print(f"{protocol}, {most} clients, batching: {share:.2f} of the limit (at least 0.70)")
        print(f"{protocol}, p99 / p50 there: {tail:.1f} (at most 5)")
        print(
            f"{protocol}, one client: {direct.p50_ms / must:.2f} x the limit (at most 1.5), and"
            f" {direct.p50_ms / bare.p50_ms:.2f} x the two in one process"
        )
    best = found["REST batching, 1 worker", most].per_second
    bare_batch = found["bare-batch", 64].per_second
    limit = 1 / (1 / found["echo-http", 64].per_second + times["model_64"] / 64)
    print(f"REST, 64 clients: the bare batches reach {bare_batch / limit:.2f} of the limit")
    plain = found["fastapi", most].per_second
    print(f"REST, {most} clients, batching: {best / plain:.1f} x FastAPI (at least 2)")


def _loads(
    name: str, port: int, bodies: Bodies, clients: Sequence[int], seconds: float, is_http: bool
) -> list[Row]:
    url, address = f"http://127.0.0.1:{port}/v1/models/{_NAME}:predict", f"127.0.0.1:{port}"

    def load(count: int, for_s: float) -> Load:
        if is_http:
            return load_http(url, bodies.rest, count, for_s)
        return load_grpc(address, bodies.grpc, count, for_s)

    load(max(clients), 3.0)  # warm: FastAPI traces its function at the first call
    rows = [Row(name, count, load(count, seconds)) for count in clients]
    for row in rows:
        print(f"  {row.server}, {row.clients}: {row.load.per_second:.0f}/s", file=sys.stderr)
    return rows


def _bodies(model: Path, folder: Path) -> Bodies:
    """Make a request of the model's first row; take the answers from the server itself."""
    import http.client

    import grpc
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    from tfx_pipeline.modules.smoke_rows import read_smoke_rows
    from tfx_pipeline.serving.json.request import predict_inputs
    from tfx_pipeline.serving.models.saved_model import load_saved_model

    row = read_smoke_rows(model).instances[0]
    row = {k: 0.0 if isinstance(v, float) and v != v else v for k, v in row.items()}
    body = json.dumps({"instances": [row]}).encode()
    loaded = load_saved_model(model)
    specs = loaded.signatures["serving_default"].inputs
    request = predict_pb2.PredictRequest()
    request.model_spec.name = _NAME
    for alias, array in predict_inputs({"instances": [row]}, specs)[0].items():
        request.inputs[alias].CopyFrom(tf.make_tensor_proto(array, specs[alias].dtype))
    with _ours(model, folder, []) as (rest, grpc_port, _):
        client = http.client.HTTPConnection("127.0.0.1", rest)
        client.request("POST", f"/v1/models/{_NAME}:predict", body)
        rest_answer = client.getresponse().read()
        with grpc.insecure_channel(f"127.0.0.1:{grpc_port}") as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            grpc_answer = stub.Predict(request, 30).SerializeToString()
    return Bodies(body, rest_answer, request, grpc_answer)


def _memory(model: Path, folder: Path, bodies: Bodies) -> tuple[float, float]:
    """Return the server's resident memory after a tenth of the requests, and after all, in MB."""
    with _ours(model, folder, []) as (rest, _, process):
        url = f"http://127.0.0.1:{rest}/v1/models/{_NAME}:predict"
        done, before = 0.0, 0.0
        while done < _FLAT_REQUESTS:
            done += 5 * load_http(url, bodies.rest, 8, 5).per_second
            before = before or process.memory_info().rss
        return before / 1e6, process.memory_info().rss / 1e6


@contextlib.contextmanager
def _ours(
    model: Path, folder: Path, flags: Sequence[str]
) -> Iterator[tuple[int, int, psutil.Process]]:
    base = folder / "served" / _NAME
    if not base.exists():
        base.mkdir(parents=True)
        (base / "1").symlink_to(model)
    rest, grpc_port = free_port(), free_port()
    command = ["-m", "tfx_pipeline.serving.server", f"--port={grpc_port}"]
    command += [f"--rest_api_port={rest}", f"--model_name={_NAME}", f"--model_base_path={base}"]
    with _server([*command, *flags], rest, log=folder / "server.log") as process:
        yield rest, grpc_port, psutil.Process(process.pid)


@contextlib.contextmanager
def _server(
    arguments: Sequence[str], port: int, log: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program of Python until the block ends; enter it when the port is open."""
    with open(log or os.devnull, "wb") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=_REPOSITORY,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=server_environment(),
        )
    try:
        while not _is_open(port):
            if process.poll() is not None:
                raise RuntimeError(f"{arguments[0]} ended with {process.returncode}; see {log}")
            time.sleep(0.1)
        time.sleep(1.0)  # every worker
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _trained_model(folder: Path) -> Path:
    places = (
        f"environment.pipeline_root={folder}/output",
        f"environment.metadata.path={folder}/metadata.db",
        f"push.base_directory={folder}/serving_model",
    )
    _run([sys.executable, "run_local.py", *(f"--set={place}" for place in places)])
    return next((folder / "serving_model" / _NAME).iterdir())


def _run(command: Sequence[str]) -> str:
    return subprocess.check_output(command, cwd=_REPOSITORY, text=True, env=server_environment())


def _is_open(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    sys.exit(main())
