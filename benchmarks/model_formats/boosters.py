"""LightGBM's own trees of the rows that a model of trees was trained on, and rows for them."""

from __future__ import annotations

from pathlib import Path


def grow(model: Path, folder: Path, rows: int) -> tuple[Path, Path]:
    """Grow the trees of a trained model once more; give LightGBM's file, and an array of rows.

    The array is what the graph gives LightGBM: `[rows, columns] float64`, taxi's transformed rows
    again and again. Both are written, if they are not there.
    """
    import numpy as np

    booster, table = folder / "booster.txt", folder / f"matrix-{rows}.npy"
    if booster.exists() and table.exists():
        return booster, table
    from tfx_pipeline.config.loader import load_config
    from tfx_pipeline.modules.learners.learner import LearningRows
    from tfx_pipeline.modules.learners.trees.boosting import Boosting
    from tfx_pipeline.modules.learners.trees.columns import TreeColumns
    from tfx_pipeline.modules.learners.trees.settings import TreeSettings
    from tfx_pipeline.modules.model.model_inputs import ModelInputs
    from tfx_pipeline.modules.model.tasks import learn_task
    from tfx_pipeline.modules.model.transform_graph import TransformGraph
    from tfx_pipeline.modules.model.transformed_rows import read_rows
    from tfx_pipeline.processes.cores import usable_cores

    root = model.parents[3]  # output/Trainer/model/1/Format-Serving
    (artifact,) = root.glob("Transform/transform_graph/*")
    files = [str(file) for file in root.glob("CsvExampleGen/examples/*/Split-train/*.gz")]
    graph = TransformGraph(str(artifact))
    inputs = ModelInputs.from_schema(graph.schema)
    learned = read_rows(files, graph, inputs)
    learning = LearningRows.divided(learned, 0.1, seed=0)
    path = Path(__file__).resolve().parents[2] / "configs/taxi.yaml"
    config = load_config(path, overrides=["model.family=trees"]).config.model_dump(mode="json")
    task = learn_task(config["label"], learned.label)
    count = len(learning.fitted)
    settings = TreeSettings.chosen(
        config["model"]["trees"], count, len(inputs.names), 1, stops=True, cores=usable_cores()
    )
    columns = TreeColumns.learned(
        inputs, learned.inputs, learning.fitted, settings.min_rows_per_leaf
    )
    grown = Boosting(learning, columns, task, settings, 0).run(str(folder / "boosting"))
    grown.booster.save_model(str(booster), num_iteration=grown.rounds)
    taken = np.arange(rows) % len(learned.label)
    np.save(table, columns.matrix({name: x[taken] for name, x in learned.inputs.items()}))
    return booster, table
