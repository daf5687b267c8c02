"""Ask the model server for minutes, rightly, wrongly and with malice, while versions are swapped.

    python benchmarks/soak.py [--seconds 300] [--swaps 50] [--json FILE] [FLAG_OF_THE_SERVER …]

It ends with 1 if an answer was wrong, if a valid request failed, if the server did not end well, or
if its memory grew by more than 5 % after the first swaps. See README.md here.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
from measured_process import free_port, server_environment
from soak_clients import Soak, run_clients

_REPOSITORY = Path(__file__).resolve().parents[1]
_QUIET_S = 3.0  # longer than the server waits before it gives memory back
_READY_S = 60.0
SETTLING_SWAPS = 3
MOST_GROWTH = 0.05
_WINDOW = 10
_WEIGHTS = 2_000_000  # float32, so that a version which is not freed is seen: 8 MB


def main() -> int:
    """Soak, and print a table; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--swaps", type=int, default=50)
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    arguments, flags = parser.parse_known_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        soak, memory_mb, ended = run_soak(Path(folder), arguments.seconds, arguments.swaps, flags)
    broken = problems(soak, memory_mb, ended)
    show(soak, memory_mb, broken)
    if arguments.json:
        counts = {f"{kind}, {what}": count for (kind, what), count in soak.counts.items()}
        figures = {"counts": counts, "memory_mb": memory_mb, "broken": broken}
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 1 if broken else 0


def run_soak(
    folder: Path, seconds: float, swaps: int, flags: Sequence[str]
) -> tuple[Soak, list[float], int]:
    """Soak a server of its own.

    Returns:
        What the clients saw; the server's resident memory, in MB, without a request in flight,
        before each swap and at the end; its exit status.
    """
    make_versions(folder / "aside", swaps + 1)
    base = folder / "m"
    base.mkdir()
    (folder / "aside/1").rename(base / "1")
    memory_mb = []
    with _serving(folder, base, flags) as (soak, process):
        clients = run_clients(soak)
        for version in range(2, swaps + 2):
            time.sleep(seconds / (swaps + 1))
            memory_mb.append(_memory_mb(soak, process))
            (folder / f"aside/{version}").rename(base / str(version))
            _wait_available(soak, version)
            soak.floor = version
            if version > 2:
                shutil.rmtree(base / str(version - 2))
        time.sleep(seconds / (swaps + 1))
        memory_mb.append(_memory_mb(soak, process))
        soak.done.set()
        for client in clients:
            client.join(60)
        process.send_signal(signal.SIGTERM)
        ended = process.wait(60)
    return soak, memory_mb, ended


def make_versions(folder: Path, count: int) -> None:
    """Write versions 1 to `count` of the model of `soak_clients`, in a process of its own."""
    code = f"import soak; soak.write_versions({str(folder)!r}, {count})"
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent, check=True)


def write_versions(folder: str, count: int) -> None:
    """Write versions 1 to `count`; this imports TensorFlow."""
    import tensorflow as tf

    class Model(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.version = tf.Variable(0.0)
            self.weights = tf.Variable(tf.zeros([_WEIGHTS]))

        @tf.function(
            input_signature=[
                tf.TensorSpec([None], tf.float32, "x"),
                tf.TensorSpec([None], tf.string, "s"),
            ]
        )
        def predict(self, x: tf.Tensor, s: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"y": x / 2 + self.version + self.weights[0], "t": tf.identity(s)}

    model = Model()
    for version in range(1, count + 1):
        model.version.assign(version)
        tf.saved_model.save(model, f"{folder}/{version}", {"serving_default": model.predict})


def problems(soak: Soak, memory_mb: Sequence[float], ended: int) -> list[str]:
    """List which limits are broken."""
    found = []
    for what in ("wrong", "failed"):
        count = sum(number for (_, each), number in soak.counts.items() if each == what)
        if count:
            found.append(f"{count} requests {what}")
    growth = growth_of(memory_mb)
    if growth > MOST_GROWTH:
        found.append(f"memory grew by {growth:.1%} after {SETTLING_SWAPS} swaps")
    if ended:
        found.append(f"the server ended with {ended}")
    return found


def growth_of(memory_mb: Sequence[float]) -> float:
    """Return by what share memory grew after the first swaps.

    It is the mean of the last measurements over that of the first: a single one lies up to 5 % off,
    by what Python's own allocator happens to keep of large requests.
    """
    settled = memory_mb[SETTLING_SWAPS:]
    window = min(_WINDOW, len(settled) // 2)
    if not window:
        return 0.0
    return statistics.mean(settled[-window:]) / statistics.mean(settled[:window]) - 1


def show(soak: Soak, memory_mb: Sequence[float], broken: Sequence[str]) -> None:
    """Print what was asked, and the memory."""
    print(f"{'':16}{'sent':>10}{'wrong':>10}{'failed':>10}")
    for kind in sorted({kind for kind, _ in soak.counts}):
        sent, wrong, failed = (soak.counts[kind, each] for each in ("sent", "wrong", "failed"))
        print(f"{kind:16}{sent:10}{wrong:10}{failed:10}")
    print("\nmemory, MB, before each swap and at the end:")
    for start in range(0, len(memory_mb), 10):
        print(" ".join(f"{each:8.1f}" for each in memory_mb[start : start + 10]))
    print(f"growth after {SETTLING_SWAPS} swaps: {growth_of(memory_mb):+.1%}")
    for each in soak.complaints:
        print(f"  {each}")
    print(f"\nbroken: {'; '.join(broken)}" if broken else "\nall limits kept")


@contextlib.contextmanager
def _serving(folder: Path, base: Path, flags: Sequence[str]) -> Iterator[tuple[Soak, psutil.Popen]]:
    soak = Soak(free_port(), free_port())
    command = [sys.executable, "-m", "tfx_pipeline.serving.server", "--model_name=m"]
    command += [f"--model_base_path={base}", f"--port={soak.grpc_port}"]
    command += [f"--rest_api_port={soak.rest_port}", *flags]
    with (folder / "log").open("wb") as log:
        process = psutil.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, cwd=_REPOSITORY, env=server_environment()
        )
    try:
        _wait_available(soak, 1)
        yield soak, process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _memory_mb(soak: Soak, process: psutil.Popen) -> float:
    """Measure while no request is in flight: those take and give back hundreds of megabytes."""
    with soak.paused():
        time.sleep(_QUIET_S)
        return float(process.memory_info().rss / 1e6)


def _wait_available(soak: Soak, version: int) -> None:
    url = f"http://127.0.0.1:{soak.rest_port}/v1/models/m/versions/{version}"
    until = time.monotonic() + _READY_S
    while True:
        with contextlib.suppress(OSError):
            answer: Any = json.load(_OPENER.open(url, timeout=10))
            if answer["model_version_status"][0]["state"] == "AVAILABLE":
                return
        if time.monotonic() > until:
            raise SystemExit(f"soak: version {version} is not available after {_READY_S:g} s")
        time.sleep(0.05)


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback only


if __name__ == "__main__":
    sys.exit(main())
