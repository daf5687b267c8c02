"""What `tfx-pipeline node` costs: the imports of each step, and a pipeline of processes.

    python benchmarks/nodes.py [--imports] [--pipelines] [--repeat N] [--at-once N]

Terms:
    stock: TFX's launcher and the module of the step's executor, imported as they are.
    sequence: each step begins when the one before it has ended.
    overlapped: `--at-once` processes are alive, each waiting for its turn by `--wait-s`, so that
        a step's imports are done while the steps before it work.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

_REPOSITORY = Path(__file__).resolve().parents[1]
_ENVIRONMENT = {**os.environ, "PYTHONPATH": str(_REPOSITORY)}
_TENSORFLOW = "import tensorflow"
_STOCK = """
import importlib, sys
import tfx.orchestration.portable.launcher
if sys.argv[1]:
    importlib.import_module(sys.argv[1])
"""
_OURS = """
import sys
from tfx_pipeline.runners.node.run_node import run_node
from tfx_pipeline.patches.process_settings import fast_imports
from tfx_pipeline.runners.node.ir_file import read_ir
from tfx_pipeline.patches.light_imports import import_core
ir = read_ir(sys.argv[1])
with fast_imports():
    import_core(ir.beam_use(sys.argv[2]))
    from tfx_pipeline.runners.node.launch import NodeLaunch
    from tfx_pipeline.runners.node.attempt import NodeAttempt
    NodeLaunch(ir, sys.argv[2], "none", None).import_executor()
"""
_END = "\nimport os; os._exit(0)\n"


class Taken(NamedTuple):
    """Wall and CPU seconds of a process, or of several."""

    wall_s: float
    cpu_s: float


class Project:
    """The shipped taxi configuration in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("configs", "schema", "data/taxi"):
            shutil.copytree(_REPOSITORY / name, folder / name)

    def compile(self) -> list[str]:
        """Write the IR file; give the steps in their order."""
        words = ["compile", "--config=configs/taxi.yaml", "--target=ir", "--upload", "-o=ir.json"]
        self.wait(self.start("-m", "tfx_pipeline.cli", *words))
        return list(self.executors())

    def executors(self) -> dict[str, str]:
        """Give the module of each step's executor; empty where TFX has none."""
        pipeline = json.loads((self.folder / "ir.json").read_text(encoding="utf-8"))["pipeline"]
        specs = pipeline["deploymentConfig"]["executorSpecs"]
        modules = {}
        for node in pipeline["nodes"]:
            step = node["pipelineNode"]["nodeInfo"]["id"]
            spec = specs.get(step, {})
            path = spec.get("pythonExecutorSpec", spec).get("classPath", "")
            modules[step] = path.rpartition(".")[0]
        return modules

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start Python with these words."""
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *words], cwd=self.folder, env=_ENVIRONMENT, stdout=log, stderr=log
            )

    def wait(self, process: subprocess.Popen[bytes]) -> float:
        """Wait for its end, which must be a good one; give its CPU seconds."""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            tail = (self.folder / "log").read_text(encoding="utf-8", errors="replace")[-3000:]
            raise SystemExit(f"{process.args!r} ended with {process.returncode}:\n{tail}")
        return usage.ru_utime + usage.ru_stime


def measure_imports(project: Project, repeat: int) -> Mapping[str, tuple[float, float]]:
    """Give CPU seconds of each step's imports, stock and ours, after those of TensorFlow."""

    def cpu_s(program: str, *words: str) -> float:
        return median(
            project.wait(project.start("-c", program + _END, *words)) for _ in range(repeat)
        )

    tensorflow_s = cpu_s(_TENSORFLOW)
    figures = {"python and tensorflow": (tensorflow_s, tensorflow_s)}
    for step, module in project.executors().items():
        figures[step] = (cpu_s(_STOCK, module), cpu_s(_OURS, "ir.json", step))
    return figures


def run_in_process(project: Project) -> Taken:
    """Run the whole pipeline by `run_local.py`."""
    started = time.perf_counter()
    cpu_s = project.wait(project.start(str(_REPOSITORY / "run_local.py"), "--no-cache"))
    return Taken(time.perf_counter() - started, cpu_s)


def run_nodes(project: Project, steps: Sequence[str], at_once: int) -> Taken:
    """Run the whole pipeline by processes, `at_once` of them alive."""
    started = time.perf_counter()
    waiting, cpu_s = [*steps], 0.0
    running: list[Any] = []
    more = ["--wait-s=600"] if at_once > 1 else []
    while waiting or running:
        while waiting and len(running) < at_once:
            words = ["node", "--ir=ir.json", f"--node-id={waiting.pop(0)}", "--run-id=one", *more]
            running.append(project.start("-m", "tfx_pipeline.cli", *words))
        cpu_s += project.wait(running.pop(0))
    return Taken(time.perf_counter() - started, cpu_s)


@contextlib.contextmanager
def fresh_project() -> Iterator[Project]:
    """Make a project that has run nothing, and remove it afterwards."""
    with tempfile.TemporaryDirectory(prefix="nodes-") as folder:
        yield Project(Path(folder))


def measure_pipelines(repeat: int, at_once: int) -> Mapping[str, Sequence[Taken]]:
    """Run the pipeline each way in turn, each time from nothing."""
    taken: dict[str, list[Taken]] = {"one process": [], "sequence": [], "overlapped": []}
    for _ in range(repeat):
        with fresh_project() as project:
            taken["one process"].append(run_in_process(project))
        for name, count in (("sequence", 1), ("overlapped", at_once)):
            with fresh_project() as project:
                taken[name].append(run_nodes(project, project.compile(), count))
    return taken


def main() -> None:
    """Measure what is asked for, and print tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--imports", action="store_true", help="measure the imports alone")
    parser.add_argument("--pipelines", action="store_true", help="measure the pipelines alone")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="give medians of N")
    parser.add_argument("--at-once", type=int, default=3, metavar="N", help="default: %(default)s")
    options = parser.parse_args()
    if options.imports or not options.pipelines:
        with fresh_project() as project:
            project.compile()
            print(f"{'imports, CPU s':<32}{'stock':>8}{'ours':>8}")
            for step, (stock_s, ours_s) in measure_imports(project, options.repeat).items():
                print(f"{step:<32}{stock_s:>8.2f}{ours_s:>8.2f}")
    if options.pipelines or not options.imports:
        taken = measure_pipelines(options.repeat, options.at_once)
        base_s = median(x.wall_s for x in taken["one process"])
        print(f"{'the taxi pipeline':<32}{'wall s':>8}{'CPU s':>8}{'ratio':>8}")
        for name, runs in taken.items():
            wall_s, cpu_s = median(x.wall_s for x in runs), median(x.cpu_s for x in runs)
            print(f"{name:<32}{wall_s:>8.1f}{cpu_s:>8.1f}{wall_s / base_s:>8.2f}")


if __name__ == "__main__":
    main()
