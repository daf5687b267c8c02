"""The generic `tuner_fn`: looks for the best settings of the model that is configured."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from tfx.components.tuner.component import TunerFnResult

from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.out_of_fold import OutOfFold
from tfx_pipeline.modules.model.row_store import RowStore
from tfx_pipeline.modules.model.row_ties import RowTies
from tfx_pipeline.modules.model.row_weights import weigh
from tfx_pipeline.modules.model.transform_graph import TransformGraph
from tfx_pipeline.modules.model.transformed_rows import read_rows
from tfx_pipeline.modules.trials.parallel_search import ParallelSearch
from tfx_pipeline.modules.trials.space import families_tried
from tfx_pipeline.modules.trials.trial import TrialData
from tfx_pipeline.storage import fileio


def tuner_fn(fn_args: Any) -> TunerFnResult:
    """Prepare a search over the training rows; the eval split has no part in it.

    Args:
        fn_args: as of `training.run_fn`; `custom_config` has also `tuning`: `budget_s`,
            `processes` (None: one a core), and `threads` of each.
    """
    config = fn_args.custom_config
    model = config["model"]
    graph = TransformGraph(fn_args.transform_graph_path)
    inputs = ModelInputs.from_schema(graph.schema)
    averages = OutOfFold(config, inputs)
    folder = _folder(fn_args.working_dir)
    store, ties = RowStore(folder, True), RowTies(config["split"])
    rows = read_rows(fn_args.train_files, graph, inputs, averages, store, ties)
    rows = weigh(rows, config["label"])
    data = TrialData.write(folder, rows, inputs, config["label"], model)
    search = ParallelSearch(families_tried(model), model["seed"], folder)
    return TunerFnResult(tuner=search, fit_kwargs={"data": data, **config["tuning"]})


def _folder(working_dir: str) -> str:
    """Make a folder on this machine for rows and trials; TFX's own may be in an object store."""
    if fileio.is_uri(working_dir):
        return tempfile.mkdtemp(prefix="tfx-tuning-")
    folder = Path(working_dir, "rows")
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder)
