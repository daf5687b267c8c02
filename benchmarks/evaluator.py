"""What the Evaluator costs: ours, TFX's own by Beam and TFMA, and the least that it can take.

    python benchmarks/evaluator.py [--rows 100000] [--who limit,ours,stock] [--repeat 3]
    python benchmarks/evaluator.py --memory 1000000,10000000

The taxi pipeline is run once; its eval split is written so many times over that it has `--rows`
rows, its training split twice as many. All are judged by the model that the run made, with slices
by the hour (24 values) beside all rows, each in a fresh process, imports left out.

`limit` reads the rows, asks the model for the answers in batches, and computes the same metrics by
scikit-learn, over all rows and each slice. `--memory` has ours read the same file again and again.
"""

from __future__ import annotations

import argparse
import importlib
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
WHO = ("limit", "ours", "stock")
FIGURES = ("wall, s", "CPU, s", "peak memory, MB", "memory of the rows, MB")
SLICE = "trip_start_hour"
_TFMA_WRITER = "tensorflow_model_analysis.writers.metrics_plots_and_validations_writer"


def main() -> None:
    """Measure, and print a line a figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--who", default="limit,ours")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--memory", default="")
    parser.add_argument("--folder", type=Path, help="of an earlier call's examples and model")
    parser.add_argument("--only", choices=WHO, help=argparse.SUPPRESS)
    parser.add_argument("--times", type=int, default=1, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        print(json.dumps(_compute(options.only, options.folder, options.times)))
        return
    folder = options.folder or Path(tempfile.mkdtemp(prefix="evaluator-"))
    if not (folder / "model").exists():
        _prepare(folder, options.rows)
    print(f"files in {folder}", flush=True)
    for rows in map(int, filter(None, options.memory.split(","))):
        figures = _measure("ours", folder, rows // options.rows)
        print(f"ours, {rows:,} rows: " + _words(figures), flush=True)
    if not options.memory:
        for who in options.who.split(","):
            runs = [_measure(who, folder) for _ in range(1 if who == "stock" else options.repeat)]
            print(f"{who}: " + _words([statistics.median(x) for x in zip(*runs, strict=True)]))


def _words(figures: list[float]) -> str:
    return ", ".join(f"{name} {x:.2f}" for name, x in zip(FIGURES, figures, strict=True))


def _measure(who: str, folder: Path, times: int = 1) -> list[float]:
    words = [sys.executable, __file__, "--only", who, "--folder", str(folder)]
    words += ["--times", str(times)]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    figures: list[float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _compute(who: str, folder: Path, times: int) -> list[float]:
    """Run one of them; give wall and CPU seconds, and megabytes at most and beyond the imports."""
    for name in ("sklearn.metrics", _TFMA_WRITER):
        importlib.import_module(name)  # of what is measured, not a part
    run = {"limit": _limit, "ours": _ours, "stock": _stock}[who]
    if times > 1:
        folder = _repeated(folder, times)
    work = run(folder)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    figures = [time.perf_counter() - wall, time.process_time() - cpu]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [*figures, peak, peak - before]


def _repeated(folder: Path, times: int) -> Path:
    """Give a folder with links to the same files, so that there are so many rows."""
    repeated = Path(tempfile.mkdtemp(dir=folder))
    (repeated / "model").symlink_to(folder / "model")
    for split in ("eval", "train"):
        (repeated / f"examples/Split-{split}").mkdir(parents=True)
        for number in range(times):
            link = repeated / f"examples/Split-{split}/data-{number:05}.gz"
            link.symlink_to(folder / f"examples/Split-{split}/data.gz")
    return repeated


def _limit(folder: Path) -> Callable[[], None]:
    """Read, answer in batches, and measure; nothing is checked, coded or written."""
    return partial(_read_answer_measure, folder)


def _read_answer_measure(folder: Path) -> None:
    import sklearn.metrics as sk
    import tensorflow as tf

    from tfx_pipeline.components.evaluator.split_files import blocks_of

    call = tf.saved_model.load(str(folder / "model/Format-Serving")).signatures["serving_examples"]
    parts = []
    for rows in blocks_of([str(x) for x in (folder / "examples/Split-eval").iterdir()]):
        for start in range(0, len(rows), 8192):
            answers = call(examples=tf.constant(rows[start : start + 8192]))
            parts.append(answers["probability"].numpy())
    answers = np.concatenate(parts)
    labels, slices = np.load(folder / "labels.npy"), np.load(folder / "slices.npy")
    for value in (None, *np.unique(slices)):
        taken = slice(None) if value is None else slices == value
        label, answer = labels[taken], answers[taken]
        if 0 < label.sum() < len(label):
            sk.roc_auc_score(label, answer)
            sk.average_precision_score(label, answer)
        sk.log_loss(label, answer, labels=[0, 1])
        sk.accuracy_score(label, answer > 0.5)


def _ours(folder: Path) -> Callable[[], None]:
    from tfx_pipeline.components.evaluator.executor import EvaluatorExecutor

    return _executing(EvaluatorExecutor, folder)


def _stock(folder: Path) -> Callable[[], None]:
    from tfx.components.evaluator.executor import Executor

    return _executing(Executor, folder)


def _executing(kind: Any, folder: Path) -> Callable[[], None]:
    """Prepare an executor as its step would: the taxi configuration, and slices by the hour."""
    from tfx.types import artifact_utils, standard_artifacts
    from tfx.utils import proto_utils

    from tfx_pipeline.config.loader import load_config
    from tfx_pipeline.pipeline.eval_config import make_eval_config, make_gates

    config = load_config(
        ROOT / "configs/taxi.yaml", overrides=[f'evaluation.slices=[["{SLICE}"]]']
    ).config
    examples, model = standard_artifacts.Examples(), standard_artifacts.Model()
    examples.uri, model.uri = str(folder / "examples"), str(folder / "model")
    examples.split_names = artifact_utils.encode_split_names(["train", "eval"])
    output = Path(tempfile.mkdtemp(dir=folder))
    made = {
        "evaluation": standard_artifacts.ModelEvaluation(),
        "blessing": standard_artifacts.ModelBlessing(),
    }
    for name, artifact in made.items():
        artifact.uri = str(output / name)
    context = kind.Context(
        beam_pipeline_args=["--runner=DirectRunner", "--direct_running_mode=in_memory"],
        tmp_dir=str(output / "temp"),
        unique_id="1",
    )
    properties = {
        "eval_config": proto_utils.proto_to_json(make_eval_config(config)),
        "example_splits": '["eval"]',
        "gates": make_gates(config).to_json(),
    }
    outputs = {name: [artifact] for name, artifact in made.items()}
    inputs = {"examples": [examples], "model": [model]}
    return partial(kind(context).Do, inputs, outputs, properties)


def _prepare(folder: Path, rows: int) -> None:
    """Run the taxi pipeline, and write its rows many times over."""
    from taxi_runs import run_ours

    examples = Path(run_ours(folder, is_evaluated=False).examples)
    (model,) = (folder / "output").glob("Trainer/model/*")
    shutil.copytree(model, folder / "model")
    for split, wanted in (("eval", rows), ("train", 2 * rows)):
        _copy(examples, folder, split, wanted)


def _copy(examples: Path, folder: Path, split: str, wanted: int) -> None:
    """Write the rows of a split, so many times over; and labels and slices of the eval split."""
    import tensorflow as tf

    from tfx_pipeline.components.evaluator.answering_model import AnsweringModel, known_labels
    from tfx_pipeline.components.evaluator.raw_columns import ColumnReader
    from tfx_pipeline.components.evaluator.split_files import blocks_of

    files = [str(file) for file in (examples / f"Split-{split}").iterdir()]
    once = [row for block in blocks_of(files) for row in block]
    rows = (once * (1 + wanted // len(once)))[:wanted]
    (folder / f"examples/Split-{split}").mkdir(parents=True)
    with tf.io.TFRecordWriter(str(folder / f"examples/Split-{split}/data.gz"), "GZIP") as writer:
        for row in rows:
            writer.write(row)
    if split == "eval":
        model = AnsweringModel(str(folder / "model/Format-Serving"), "binary", ("0", "1"))
        np.save(folder / "labels.npy", known_labels(model.features(rows))[0])
        entries = ColumnReader([SLICE]).read(rows)[SLICE]
        codes = np.full(len(rows), -1)
        codes[entries.rows] = entries.codes
        np.save(folder / "slices.npy", codes)


if __name__ == "__main__":
    main()
