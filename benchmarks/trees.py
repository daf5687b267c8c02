"""Time boosted trees: grown, scored by LightGBM, and by the graph that we write of them.

    python benchmarks/trees.py [--rows 10000] [--set model.trees.leaves=31]

On taxi's rows, transformed as in a run. What is compared runs in one process after the other, with
as many threads as it is told. See README.md here.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

REPOSITORY = Path(__file__).resolve().parent.parent
_FAMILIES = ("trees", "wide_deep")


def measure(rows: int, threads: int, overrides: list[str]) -> dict[str, Any]:
    """Measure in a fresh process with so many threads."""
    arguments = [sys.executable, __file__, "--threads", str(threads), "--rows", str(rows)]
    command = [*arguments, *(word for text in overrides for word in ("--set", text))]
    done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _measured(rows: int, threads: int, overrides: list[str]) -> dict[str, Any]:
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    sys.path.insert(0, str(REPOSITORY))
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for family in _FAMILIES:
            model = _trained(family, Path(folder, family), overrides)
            ask = _asking(model)
            for count in (1, 64, rows):
                figures[f"{family}, signature, {count:,} rows"] = _best_ms(ask(count))
        figures |= _scored(Path(folder), rows, threads, overrides)
    return figures


def _config(family: str, overrides: list[str]) -> Any:
    from tfx_pipeline.config.loader import load_config

    chosen = [f"model.family={family}", *(x for x in overrides if family == "trees")]
    return load_config(REPOSITORY / "configs/taxi.yaml", overrides=chosen).config


def _trained(family: str, folder: Path, overrides: list[str]) -> Any:
    """Train on two thirds of the rows, as the Trainer does; return the exported model."""
    import tensorflow as tf

    from tests.modules.tables import Table, make_fn_args, transform_config
    from tfx_pipeline.modules.training import run_fn

    config = _config(family, overrides)
    columns = [*config.raw_features, "tips"]
    table = Table.from_csv(REPOSITORY / "data/taxi/data.csv", columns, 10_000)
    train = Table(table.kinds, [row for i, row in enumerate(table.rows) if i % 3])
    folder.mkdir()
    artifact = train.analyze(transform_config(config), folder)
    files = train.write(folder / "train.gz"), table[:100].write(folder / "eval.gz")
    run_fn(make_fn_args(config, artifact, *files, folder))
    return tf.saved_model.load(str(folder / "model"))


def _asking(model: Any) -> Callable[[int], Callable[[], Any]]:
    """Make what asks a model's signature for so many rows, as instances."""
    import csv

    import tensorflow as tf

    signature = model.signatures["serving_default"]
    with (REPOSITORY / "data/taxi/data.csv").open(encoding="utf-8", newline="") as lines:
        read = list(csv.DictReader(lines))

    def ask(count: int) -> Callable[[], Any]:
        instances = {}
        for name, spec in signature.structured_input_signature[1].items():
            texts = [read[i % len(read)][name] for i in range(count)]
            values = texts if spec.dtype == tf.string else [float(x or "nan") for x in texts]
            instances[name] = tf.constant(values, spec.dtype)
        return lambda: signature(**instances)

    return ask


def _scored(folder: Path, rows: int, threads: int, overrides: list[str]) -> dict[str, Any]:
    """Grow the trees once more, and score transformed rows by the library and by the graph."""
    import tensorflow as tf

    from tfx_pipeline.modules.learners.learner import LearningRows
    from tfx_pipeline.modules.learners.trees.boosting import Boosting
    from tfx_pipeline.modules.learners.trees.columns import TreeColumns
    from tfx_pipeline.modules.learners.trees.ensemble import Ensemble
    from tfx_pipeline.modules.learners.trees.scorer import TreesScorer
    from tfx_pipeline.modules.learners.trees.settings import TreeSettings
    from tfx_pipeline.modules.model.model_inputs import ModelInputs
    from tfx_pipeline.modules.model.tasks import learn_task
    from tfx_pipeline.modules.model.transform_graph import TransformGraph
    from tfx_pipeline.modules.model.transformed_rows import read_rows

    config = _config("trees", overrides).model_dump(mode="json")
    (artifact,) = folder.glob("trees/transform_graph")
    graph = TransformGraph(str(artifact))
    inputs = ModelInputs.from_schema(graph.schema)
    learned = read_rows([str(folder / "trees/train.gz")], graph, inputs)
    learning = LearningRows.divided(learned, 0.1, seed=0)
    count = len(learning.fitted)
    task = learn_task(config["label"], learned.label)
    settings = TreeSettings.chosen(
        config["model"]["trees"], count, len(inputs.names), 1, stops=True, cores=threads
    )
    least = settings.min_rows_per_leaf
    columns = TreeColumns.learned(inputs, learned.inputs, learning.fitted, least)
    began = time.perf_counter()
    grown = Boosting(learning, columns, task, settings, 0).run(str(folder / "log"))
    seconds = time.perf_counter() - began
    model = grown.booster.dump_model(num_iteration=grown.rounds)
    scorer = TreesScorer(columns, Ensemble.read(model, columns.numbers))
    call = tf.function(scorer.__call__, autograph=False, reduce_retracing=True)
    figures: dict[str, Any] = {"grown, ms": 1000 * seconds, "rounds": grown.rounds}
    predict = partial(grown.booster.predict, num_iteration=grown.rounds, num_threads=threads)
    for size in (1, 64, rows):
        taken = np.arange(size) % len(learned.label)
        part = {name: x[taken] for name, x in learned.inputs.items()}
        tensors = {name: tf.constant(x) for name, x in part.items()}
        by_library = partial(predict, columns.matrix(part))
        figures[f"LightGBM, {size:,} rows"] = _best_ms(by_library)
        figures[f"graph, {size:,} rows"] = _best_ms(partial(call, tensors))
    return figures


def _best_ms(call: Callable[[], Any], seconds: float = 2.0) -> dict[str, float]:
    """Call for some seconds; give the median, the least, and CPU milliseconds of a call."""
    for _ in range(3):
        call()
    walls, cpus = list[float](), list[float]()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(walls) < 5:
        began, used = time.perf_counter(), time.process_time()
        call()
        cpus.append(1000 * (time.process_time() - used))
        walls.append(1000 * (time.perf_counter() - began))
    return {"p50": float(np.median(walls)), "least": min(walls), "cpu": float(np.median(cpus))}


def main() -> None:
    """Measure with one thread and with two, and print a line a figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000, help="of the largest batch")
    parser.add_argument("--threads", type=int, help="measure with so many, and print JSON")
    parser.add_argument(
        "--set", action="append", default=[], help="of the configuration: model.trees.leaves=31"
    )
    options = parser.parse_args()
    if options.threads:
        print(json.dumps(_measured(options.rows, options.threads, options.set)))
        return
    for threads in (1, 2):
        print(f"{threads} thread{'s' if threads > 1 else ''}")
        for name, figure in measure(options.rows, threads, options.set).items():
            shown = (
                f"{figure:9.0f}"
                if isinstance(figure, (int, float))
                else "".join(f"  {key} {value:8.2f} ms" for key, value in figure.items())
            )
            print(f"  {name:<34}{shown}")


if __name__ == "__main__":
    main()
