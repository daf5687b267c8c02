"""The generic `run_fn`: trains the model that the configuration describes, and exports it."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Iterator
from typing import Any

import keras

from tfx_pipeline.modules.describing.model import describe_model
from tfx_pipeline.modules.description.description_file import write_description
from tfx_pipeline.modules.learners.fit import FittedModel, fit_model
from tfx_pipeline.modules.learners.learner import Learner
from tfx_pipeline.modules.model.decision_file import write_decision
from tfx_pipeline.modules.model.label_checks import refuse_coarse_labels, refuse_foreign_labels
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.note_file import Note, write_learned, write_notes
from tfx_pipeline.modules.model.out_of_fold import OutOfFold
from tfx_pipeline.modules.model.row_samples import write_samples
from tfx_pipeline.modules.model.row_store import RowStore
from tfx_pipeline.modules.model.row_ties import RowTies
from tfx_pipeline.modules.model.row_weights import weigh
from tfx_pipeline.modules.model.signatures import ServedModel, only_names
from tfx_pipeline.modules.model.tasks import learn_task
from tfx_pipeline.modules.model.training_notes import (
    column_reader,
    streaming_note,
    training_notes,
)
from tfx_pipeline.modules.model.transform_graph import TransformGraph
from tfx_pipeline.modules.model.transformed_rows import TransformedRows, read_rows
from tfx_pipeline.modules.model.unread_cells import unread_cells
from tfx_pipeline.modules.trials.space import tuned_model

_LOG = logging.getLogger(__name__)


def run_fn(fn_args: Any) -> None:
    """Train and export the model, and with it smoke rows and warm-up requests of the eval split.

    Args:
        fn_args: `tfx.components.trainer.fn_args_utils.FnArgs`. Read: `train_files`, `eval_files`
            (raw tf.Examples), `transform_output`, `serving_model_dir`, `model_run_dir`, and
            `custom_config`: the sections `model`, `label`, `features` and `lookups` of the
            configuration, `smoke_rows` (a number), `raw_features` (the columns that a caller of
            the model sends), `in_memory` (where rows are kept: true, false or auto), and `split`
            (`by` and `columns` of `data.split`); `hyperparameters`: what a search found, which goes
            over `model`; or None.

    Raises:
        ValueError: no rows, a label that cannot be learned, features that cannot feed a model.
        FloatingPointError: the loss became NaN or infinite.
    """
    train(fn_args)


def train(fn_args: Any, learn: Learner | None = None) -> None:
    """Do what `run_fn` does; `learn` fits the model in the place of the configured family.

    A `run_fn` of a user's own calls it with what fits a model of theirs.
    """
    config = fn_args.custom_config
    config["model"] = tuned_model(config["model"], fn_args.hyperparameters)
    keras.utils.set_random_seed(config["model"]["seed"])
    graph = TransformGraph(fn_args.transform_output)
    inputs = ModelInputs.from_schema(graph.schema)
    averages = OutOfFold(config, inputs)
    ties = RowTies(config.get("split"))
    with tempfile.TemporaryDirectory(prefix="tfx-rows-") as folder:
        store = RowStore(folder, config.get("in_memory", "auto"))
        rows = read_rows(fn_args.train_files, graph, inputs, averages, store, ties)
        model = _fit(fn_args, rows, store, graph, inputs, learn)
    scorer, task = model.fitted.scorer, model.task
    served = ServedModel(graph, inputs, scorer, task, config["raw_features"], only_names(config))
    served.save(fn_args.serving_model_dir)
    description = describe_model(graph, inputs, scorer, task, config)
    write_description(fn_args.serving_model_dir, description)
    _write_beside(fn_args.serving_model_dir, model, config["model"]["family"])
    write_samples(fn_args, graph, inputs, lambda x: task.predictions(scorer(x)))


def _fit(
    fn_args: Any,
    rows: TransformedRows,
    store: RowStore,
    graph: TransformGraph,
    inputs: ModelInputs,
    learn: Learner | None,
) -> FittedModel:
    """Train the model, and write what should be known of it beside its log."""
    config = fn_args.custom_config
    if config["label"]["task"] == "regression":
        task = learn_task(config["label"], rows.label)
        refuse_coarse_labels(rows.label, config["label"])
    else:
        refuse_foreign_labels(rows.label, fn_args.train_files, graph, config["label"])
        task = learn_task(config["label"], rows.label)
    notes = list(_row_notes(fn_args, rows, inputs, graph))
    place = "files" if store.in_files else "memory"
    family = config["model"]["family"]
    _LOG.info("training %s on %d rows in %s: %s", family, len(rows.label), place, store.reason)
    weighed = weigh(rows, config["label"])
    model = fit_model(weighed, inputs, task, config, fn_args.model_run_dir, learn)
    _LOG.info("%s: %s", family, json.dumps(model.fitted.notes))
    if store.in_files:
        notes.append(streaming_note(store.reason, model.fitted.input_wait))
    for note in notes:
        _LOG.warning("%s (%s)", note.text, ".".join(note.keys))
    write_notes(fn_args.model_run_dir, [*notes, *model.notes])
    return model


def _write_beside(directory: str, model: FittedModel, family: str) -> None:
    """Write what was learned, and the decision, into the folder or URI of the exported model."""
    write_learned(directory, {"family": family, **model.fitted.notes})
    if model.decision:
        write_decision(directory, model.decision)


def _row_notes(
    fn_args: Any, rows: TransformedRows, inputs: ModelInputs, graph: TransformGraph
) -> Iterator[Note]:
    reader = column_reader(fn_args.train_files, graph)
    yield from training_notes(rows, inputs, fn_args.custom_config, reader)
    yield from unread_cells(fn_args.train_files, graph, inputs, fn_args.custom_config["features"])
