"""Time this pipeline beside TFX's own taxi template, on the same table, in fresh processes.

    python benchmarks/official_template.py [--repeat 3] [--seeds 1,2,3] [--json FILE]

The two are run in turn, so that both meet the same moods of the machine, and medians are shown.
Nothing is cached, and everything is written under a temporary folder. See README.md here.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from taxi_quality import Metrics, tree_metrics
from taxi_runs import REST, Run, RunFailedError, run_ours, run_template
from template_copy import ADDED_METRICS, TemplateChangedError


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


def table(heads: Sequence[str], rows: Mapping[str, Sequence[float | None]], digits: int) -> str:
    """Lay out numbers in columns; None is a dash."""
    width = max(map(len, rows))
    lines = [" " * width + "".join(f"{head:>14}" for head in heads)]
    for name, values in rows.items():
        cells = ("–" if value is None else f"{value:.{digits}f}" for value in values)
        lines.append(name.ljust(width) + "".join(f"{cell:>14}" for cell in cells))
    return "\n".join(lines)


def _in_fresh_folder(run: Callable[[Path], Run]) -> Run:
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        return run(Path(folder))


def _medians(runs: Sequence[Run]) -> dict[str, float]:
    figures = [run.figures for run in runs]
    return {name: statistics.median(each[name] for each in figures) for name in figures[0]}


def _show_times(template: Sequence[Run], ours: Sequence[Run]) -> None:
    theirs, our = _medians(template), _medians(ours)
    names = [name for name in dict.fromkeys([*theirs, *our]) if name != REST] + [REST]
    rows = {name: _row(theirs.get(name), our.get(name)) for name in names}
    print(table(("template", "ours", "ours/template"), rows, 2))
    metrics = template[-1].metrics
    pairs = {name: (value, ours[-1].metrics[name]) for name, value in metrics.items()}
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
    parser.add_argument("--repeat", type=int, default=1, help="runs of each; 0 for --seeds alone")
    parser.add_argument("--seeds", default="", help="also train with these seeds, e.g. 1,2,3")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    arguments = parser.parse_args()
    if arguments.repeat < 0:
        parser.error("--repeat must be 0 or more")
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
        if arguments.repeat:
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
