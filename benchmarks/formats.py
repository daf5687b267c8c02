"""Every way to get a model's answers, in one run: rows a second, one row, memory, bytes.

    python benchmarks/formats.py [--rows 1000000] [--repeat 3] [--only onnx]

The shipped taxi rows, again and again, through the default model and one of trees. Each figure is
of a process of its own, the median of `--repeat`. See README.md here.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from measured_process import Measured, run_measured
from model_formats.boosters import grow
from model_formats.example_files import write_artifact
from model_formats.one_row import write_row
from model_formats.subjects import FAMILIES, ROOT, cells_of, exports, table_of, trained

_FEW = 50
"""One in so many rows tells what the start of a process costs."""
_ENVIRONMENT = {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'benchmarks'}"}
_ONE_ROW = ROOT / "benchmarks/model_formats/one_row.py"
_TFLITE = ROOT / "tfx_pipeline/export/tflite/measured_process.py"


@dataclass(frozen=True)
class Way:
    """A way to answer a table.

    Attributes:
        name: of its line.
        one_in: it answers one in so many of the rows; a slow one fewer.
        command: for so many rows.
    """

    name: str
    one_in: int
    command: Callable[[int], Sequence[str]]


class Ways:
    """The ways to answer tables with one model."""

    def __init__(self, family: str, folder: Path, files: Mapping[str, Path]) -> None:
        """Take the family of the model, and its exports."""
        self._family, self._folder, self._files = family, folder, files
        self._model = trained(family, folder)

    def listed(self) -> list[Way]:
        """Give all of them; the first one is what the others are compared with."""
        family = self._family
        ways = [
            Way(f"{family}: bare loop, onnxruntime", 1, self._bare("onnx")),
            Way(f"{family}: bare loop, onnxruntime, 2 threads", 1, self._bare("onnx-2")),
            Way(f"{family}: batch onnx", 1, self._batch("onnx", "parquet")),
            Way(f"{family}: batch onnx, CSV", 1, self._batch("onnx", "csv")),
            Way(f"{family}: bare loop, signature", 4, self._bare("signature")),
            Way(f"{family}: batch tensorflow", 4, self._batch("tensorflow", "parquet")),
        ]
        if family == "trees":
            ways.append(Way("trees: LightGBM itself, from memory", 1, self._lightgbm))
            return ways
        beam = Way(f"{family}: batch beam, in process", 100, self._batch("beam", "parquet"))
        return [*ways, beam, Way(f"{family}: BulkInferrer, in process", 100, self._bulk_inferrer)]

    def _bare(self, way: str) -> Callable[[int], Sequence[str]]:
        def command(rows: int) -> Sequence[str]:
            table = table_of(self._folder, rows, "parquet")
            return self._bare_words(way, str(self._files["onnx"]), str(table))

        return command

    def _bare_words(self, way: str, file: str, table: str) -> Sequence[str]:
        output = str(_new_folder(self._folder) / "answers")
        words = [way, str(self._model), file, table, output]
        return [sys.executable, "-m", "model_formats.bare_loops", *words]

    def _batch(self, engine: str, kind: str) -> Callable[[int], Sequence[str]]:
        def command(rows: int) -> Sequence[str]:
            table = table_of(self._folder, rows, kind)
            output = _new_folder(self._folder) / "answers"
            words = [f"--model={self._model}", f"--input={table}", f"--output={output}"]
            words += [f"--engine={engine}", f"--format={kind}", "--id=row", "--json"]
            return [sys.executable, "-m", "tfx_pipeline.cli", "batch", *words]

        return command

    def _lightgbm(self, rows: int) -> Sequence[str]:
        booster, table = grow(self._model, self._folder, rows)
        return self._bare_words("lightgbm", str(booster), str(table))

    def _bulk_inferrer(self, rows: int) -> Sequence[str]:
        examples = write_artifact(self._model, self._folder, rows)
        return self._bare_words("bulk-inferrer", "", str(examples))


@dataclass(frozen=True)
class Figures:
    """What a way took: rows a second and CPU seconds without its start, which is given apart."""

    rows: int
    per_s: float
    cpu_s_a_million: float
    start_s: float
    peak_mb: float


def measure(way: Way, rows: int, repeat: int, folder: Path) -> Figures:
    """Answer all rows and a few; what lies between is the rows' own."""
    count = max(rows // way.one_in, 2 * _FEW)
    few, many = (
        [_run(way.command(size), folder) for _ in range(repeat)] for size in (count // _FEW, count)
    )
    more = count - count // _FEW
    wall_s, cpu_s = (_median(many, name) - _median(few, name) for name in ("wall_s", "cpu_s"))
    start_s, peak_mb = _median(few, "wall_s"), _median(many, "peak_mb")
    per_s = more / wall_s if wall_s > 0 else math.nan  # too few rows to tell
    return Figures(count, per_s, cpu_s / more * 1e6, start_s, peak_mb)


def one_row(family: str, model: Path, files: Mapping[str, Path], folder: Path, repeat: int) -> None:
    """Print a line for each way to ask for one row."""
    row = folder / f"{family}-row.npz"
    write_row(row, cells_of(model, 1))
    size = sum(file.stat().st_size for file in model.rglob("*") if file.is_file())
    ways = [
        ("SavedModel, signature", size, [_ONE_ROW, "signature", model]),
        ("SavedModel, our server's session", size, [_ONE_ROW, "session", model]),
    ]
    for name, file in files.items():
        program = [_TFLITE] if name.startswith("tflite") else [_ONE_ROW, name]
        ways.append((name, file.stat().st_size, [*program, file]))
    print(f"\n{family}: one row{'p50, ms':>37}{'peak, MB':>12}{'bytes':>12}")
    for name, size, words in ways:
        command = [sys.executable, *map(str, words), str(row)]
        found = [_printed(command) for _ in range(repeat)]
        p50, rss = (statistics.median(x[key] for x in found) for key in ("p50_ms", "rss_mb"))
        print(f"  {name:<38}{p50:12.3f}{rss:12.0f}{size:12,}", flush=True)


def main() -> None:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--families", default=",".join(FAMILIES), help="names between commas")
    parser.add_argument("--only", default="", help="ways with this in their names")
    parser.add_argument("--folder", type=Path, default=ROOT / "build/formats")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    folder = options.folder.absolute()
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores; median of {options.repeat}")
    for family in options.families.split(","):
        files = exports(family, trained(family, folder), folder)
        heading = f"{'rows':>12}{'rows/s':>12}{'of bare':>9}{'CPU s/M':>10}{'start, s':>10}"
        print(f"\n{'':<48}{heading}{'peak, MB':>10}", flush=True)
        limit = 0.0
        for way in Ways(family, folder, files).listed():
            if options.only not in way.name:
                continue
            found = measure(way, options.rows, options.repeat, folder)
            limit = limit or found.per_s
            print(
                f"  {way.name:<46}{found.rows:12,}{found.per_s:12,.0f}{found.per_s / limit:9.2f}"
                f"{found.cpu_s_a_million:10.2f}{found.start_s:10.1f}{found.peak_mb:10.0f}",
                flush=True,
            )
        if not options.only:
            one_row(family, trained(family, folder), files, folder, options.repeat)


def _new_folder(folder: Path) -> Path:
    place = folder / "output"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    return place


def _run(command: Sequence[str], folder: Path) -> Measured:
    log = folder / "log"
    measured = run_measured(command, ROOT, log, _ENVIRONMENT)
    if measured.status:
        text = log.read_text(errors="replace")[-3000:]
        raise RuntimeError(f"status {measured.status} of {' '.join(command)}:\n{text}")
    return measured


def _median(runs: Sequence[Measured], name: str) -> float:
    return statistics.median(getattr(run, name) for run in runs)


def _printed(command: Sequence[str]) -> dict[str, float]:
    environment = {**os.environ, **_ENVIRONMENT, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
