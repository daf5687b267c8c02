"""Time this pipeline beside TFX's own taxi template, on the same table, in fresh processes.

    python benchmarks/official_template.py [--repeat 3] [--seeds 1,2,3] [--json FILE]

The two are run in turn, so that both meet the same moods of the machine; with `--repeat` medians are
shown. Nothing is cached, and everything is written under a temporary folder. See README.md here.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from measured_process import Measured, run_measured
from taxi_quality import Metrics, evaluator_metrics, tree_metrics
from template_copy import ADDED_METRICS, PIPELINE, TemplateChangedError, copy_template

REPOSITORY = Path(__file__).resolve().parents[1]
TABLE = REPOSITORY / "data/taxi/data.csv"
_EVENT = re.compile(r"Component (\S+) is (running|finished)\.")


class RunFailedError(Exception):
    """A benchmarked command failed; its output is in the file that the message names."""


@dataclass(frozen=True)
class Run:
    """What one run took and gave.

    Attributes:
        steps: wall seconds of each component, in order.
        metrics: of the model, over its own eval split.
        examples: folder of ExampleGen's artifact.
    """

    measured: Measured
    steps: dict[str, float]
    metrics: Metrics
    examples: str = field(default="")

    @property
    def figures(self) -> dict[str, float]:
        """All that is compared, by the name of its line."""
        measured = self.measured
        return {
            "wall, s": measured.wall_s,
            "CPU, s": measured.cpu_s,
            "peak memory, MB": measured.peak_mb,
            **{f"  {name}, s": seconds for name, seconds in self.steps.items()},
            "  imports and the rest, s": measured.wall_s - sum(self.steps.values()),
        }


def run_template(folder: Path) -> Run:
    """Run the enabled copy of the template.

    Its configuration asks for Google credentials, which may wait for a network; not here.
    """
    script = copy_template(folder / "template", TABLE)
    began: dict[str, float] = {}
    steps: dict[str, float] = {}

    def note(seconds: float, line: str) -> None:
        if event := _EVENT.search(line):
            name, state = event.groups()
            if state == "running":
                began[name] = seconds
            else:
                steps[name] = seconds - began[name]

    measured = _run([sys.executable, str(script)], script.parent, folder, note)
    root = script.parent / "tfx_pipeline_output" / PIPELINE
    evaluation = next((root / "Evaluator/evaluation").iterdir())
    return Run(measured, steps, evaluator_metrics(evaluation))


def run_ours(folder: Path, *settings: str) -> Run:
    """Run the shipped taxi configuration.

    Args:
        folder: where all its outputs go.
        settings: further `--set` values.
    """
    places = (
        f"environment.pipeline_root={folder}/output",
        f"environment.metadata.path={folder}/metadata.db",
        f"push.base_directory={folder}/serving_model",
    )
    command = [sys.executable, "run_local.py", "--config=configs/taxi.yaml", "--no-cache"]
    command += ["--run-id=benchmark", *(f"--set={value}" for value in (*places, *settings))]
    measured = _run(command, REPOSITORY, folder)
    summary = json.loads((folder / "output/runs/benchmark/summary.json").read_text())
    steps = {step["id"]: step["seconds"] for step in summary["steps"]}
    return Run(measured, steps, summary["metrics"], summary["artifacts"]["CsvExampleGen.examples"])


def compare(repeat: int) -> tuple[list[Run], list[Run]]:
    """Run template and ours in turn, each `repeat` times."""
    template = []
    ours = []
    for _ in range(repeat):
        template.append(_in_fresh_folder(run_template))
        ours.append(_in_fresh_folder(run_ours))
    return template, ours


def compare_seeds(seeds: Sequence[int]) -> list[tuple[Metrics, Metrics]]:
    """Train ours and scikit-learn's trees on the split of each seed."""
    results = []
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
            run = run_ours(Path(folder), f"model.seed={seed}", f"data.split.seed={seed}")
            results.append((run.metrics, tree_metrics(Path(run.examples), seed)))
    return results


def table(heads: Sequence[str], rows: dict[str, Sequence[float | None]], digits: int) -> str:
    """Lay out numbers in columns; None is a dash."""
    width = max(map(len, rows))
    lines = [" " * width + "".join(f"{head:>14}" for head in heads)]
    for name, values in rows.items():
        cells = ("–" if value is None else f"{value:.{digits}f}" for value in values)
        lines.append(name.ljust(width) + "".join(f"{cell:>14}" for cell in cells))
    return "\n".join(lines)


def _run(
    command: Sequence[str],
    working: Path,
    folder: Path,
    on_line: Callable[[float, str], None] = lambda seconds, line: None,
) -> Measured:
    log = folder / "benchmark.log"
    measured = run_measured(command, working, log, {"NO_GCE_CHECK": "true"}, on_line)
    if measured.status:
        kept = Path(tempfile.mkdtemp(prefix="benchmark-failed-")) / log.name
        kept.write_bytes(log.read_bytes())
        raise RunFailedError(f"status {measured.status} of {' '.join(command)}\n  see {kept}")
    return measured


def _in_fresh_folder(run: Callable[[Path], Run]) -> Run:
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        return run(Path(folder))


def _medians(runs: Sequence[Run]) -> dict[str, float]:
    figures = [run.figures for run in runs]
    return {name: statistics.median(each[name] for each in figures) for name in figures[0]}


def _show_times(template: Sequence[Run], ours: Sequence[Run]) -> None:
    theirs, our = _medians(template), _medians(ours)
    names = sorted({*theirs, *our}, key=lambda name: name.startswith("  imports"))
    names = list(dict.fromkeys([*(n for n in (*theirs, *our) if "imports" not in n), names[-1]]))
    rows = {name: _row(theirs.get(name), our.get(name)) for name in names}
    print(table(("template", "ours", "ours/template"), rows, 2))
    pairs = {
        name: (template[-1].metrics[name], ours[-1].metrics[name]) for name in template[-1].metrics
    }
    print("\n" + table(("template", "ours"), pairs, 4))
    print(f"The copy's Evaluator was given {', '.join(ADDED_METRICS)} to be compared by.\n")


def _row(theirs: float | None, ours: float | None) -> tuple[float | None, ...]:
    ratio = ours / theirs if ours is not None and theirs else None
    return theirs, ours, ratio


def _show_seeds(seeds: Sequence[int], results: Sequence[tuple[Metrics, Metrics]]) -> None:
    heads = ("ours", "trees")
    for seed, pair in zip(seeds, results, strict=True):
        rows = {name: [metrics[name] for metrics in pair] for name in pair[1]}
        print(f"seed {seed}\n" + table(heads, rows, 4))
    means = {
        name: [statistics.mean(pair[i][name] for pair in results) for i in range(2)]
        for name in results[0][1]
    }
    print("mean\n" + table(heads, means, 4))


def _machine() -> dict[str, str | int | None]:
    versions = {name: importlib.metadata.version(name) for name in ("tfx", "tensorflow")}
    return {"cores": os.cpu_count(), "python": platform.python_version(), **versions}


def _has_bytecode() -> bool:
    spec = importlib.util.find_spec("tfx")
    return bool(spec and spec.cached and Path(spec.cached).exists())


def main() -> int:
    """Run what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=1, help="runs of each; medians are shown")
    parser.add_argument("--seeds", default="", help="also train with these seeds, e.g. 1,2,3")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    arguments = parser.parse_args()
    if arguments.repeat < 1:
        parser.error("--repeat must be 1 or more")
    try:
        seeds = [int(seed) for seed in arguments.seeds.split(",") if seed]
    except ValueError:
        parser.error("--seeds are whole numbers with commas between them")
    machine = _machine()
    print(", ".join(f"{name} {value}" for name, value in machine.items()), end="\n\n")
    if not _has_bytecode():
        print("no compiled bytecode: every start compiles it anew. Use the Python of `make setup`.")
    try:
        template, ours = compare(arguments.repeat)
        _show_times(template, ours)
        results = compare_seeds(seeds)
    except (RunFailedError, TemplateChangedError) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    if results:
        _show_seeds(seeds, results)
    if arguments.json:
        figures = {
            "machine": machine,
            "template": [asdict(run) for run in template],
            "ours": [asdict(run) for run in ours],
            "seeds": [
                {"seed": seed, "ours": our, "trees": trees}
                for seed, (our, trees) in zip(seeds, results, strict=True)
            ],
        }
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
