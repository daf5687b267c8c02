"""The candidate and its rows, as the risk checks take them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorflow_metadata.proto.v0 import schema_pb2

from tfx_pipeline.components.model_risk.domains import domain_of, features_by_name
from tfx_pipeline.components.model_risk.exported_model import ExportedModel
from tfx_pipeline.components.model_risk.reference_models import ReferenceModels
from tfx_pipeline.components.model_risk.settings import RiskSettings
from tfx_pipeline.components.model_risk.split_rows import SplitRows, columns_of, read_split
from tfx_pipeline.evaluation.risk.subject import Sample, Subject
from tfx_pipeline.modules.model.decision_file import read_threshold
from tfx_pipeline.modules.model.note_file import read_learned
from tfx_pipeline.modules.trials.space import tuned_model


@dataclass(frozen=True)
class Places:
    """Where on this machine the inputs are.

    Attributes:
        model: folder of the exported model.
        train: folder of that split.
        eval: likewise.
        transform_graph: folder of the artifact.
    """

    model: Path
    train: Path
    eval: Path
    transform_graph: Path


@contextlib.contextmanager
def examined(
    places: Places,
    schema: schema_pb2.Schema,
    settings: RiskSettings,
    hyperparameters: Mapping[str, Any] | None = None,
    newest_share: float | None = None,
) -> Iterator[Subject]:
    """Read the rows, and let the model answer within the block.

    `hyperparameters`: what a search found, as KerasTuner writes it; `newest_share`: see
    `newest_span`.

    Raises:
        UnfitModelError: the model cannot be asked by raw columns.
        StepError: a file of the examples is damaged.
    """
    with contextlib.closing(ExportedModel(places.model, settings.task)) as model:
        features = features_by_name(schema)
        reading = _Reading(model, features, settings)
        eval_split, eval_rows = reading.sample(places.eval)
        train_split, train_rows = reading.sample(places.train)
        domains = {
            name: domain_of(
                features.get(name, schema_pb2.Feature()),
                _without_marks(train_rows.columns[name], settings.marks.get(name, ())),
                settings.features.get(name, ""),
                schema,
            )
            for name in model.features
        }
        asked = {name: eval_rows.columns[name] for name in model.features}
        yield Subject(
            settings.task,
            settings.classes,
            read_threshold(places.model),
            _in_order(model.features, settings.features),
            domains,
            eval_rows,
            model.predict(asked),
            train_rows,
            model.predict,
            _fit(places, train_split.records, settings, hyperparameters),
            cluster_codes(eval_rows.columns, settings.clusters),
            _newest([(eval_split, eval_rows), (train_split, train_rows)], newest_share),
            settings.seed,
            weighted=bool(((settings.learning or {}).get("label") or {}).get("weight")),
        )


def _in_order(names: Sequence[str], configured: Mapping[str, str]) -> tuple[str, ...]:
    """Give names in the order of the configuration, then those that it does not name."""
    known = [name for name in configured if name in names]
    return (*known, *(name for name in names if name not in configured))


class _Reading:
    """Reads splits; their labels are those by which the model was trained."""

    def __init__(
        self,
        model: ExportedModel,
        features: Mapping[str, schema_pb2.Feature],
        settings: RiskSettings,
    ) -> None:
        self._model, self._features, self._settings = model, features, settings

    def sample(self, folder: Path) -> tuple[SplitRows, Sample]:
        """Read rows with a label, serialized and as columns."""
        rows = read_split(folder.iterdir(), self._settings.sample_rows, self._settings.seed)
        labels, known = self._model.labels(rows.records)
        records = [x for x, is_known in zip(rows.records, known, strict=True) if is_known]
        share = known.mean() if len(known) else 1.0
        columns = columns_of(records, self._features)
        for name in self._model.features:  # one that no row has, and the schema neither
            columns.setdefault(name, np.full(len(records), "", object))
        kept = SplitRows(records, rows.places[known], rows.of)
        return kept, Sample(columns, labels[known], round(rows.of * float(share)))


def _newest(
    samples: Sequence[tuple[SplitRows, Sample]], share: float | None
) -> dict[str, NDArray[Any]] | None:
    """Take the rows of the newest span out of samples of all splits: their last ones."""
    if share is None:
        return None
    taken = [(x.columns, rows.places >= rows.of * (1 - share)) for rows, x in samples]
    names = [name for name in taken[0][0] if all(name in columns for columns, _ in taken)]
    return {name: np.concatenate([columns[name][is_new] for columns, is_new in taken])
            for name in names}  # fmt: skip


def _fit(
    places: Places,
    records: Sequence[bytes],
    settings: RiskSettings,
    hyperparameters: Mapping[str, Any] | None,
) -> ReferenceModels | None:
    if settings.learning is None:
        return None
    model = tuned_model(settings.learning["model"], hyperparameters)
    learning = {**settings.learning, "model": model}
    learned = read_learned(str(places.model))
    return ReferenceModels(records, str(places.transform_graph), learning, learned)


def _without_marks(column: NDArray[Any], marks: Sequence[Any]) -> NDArray[Any]:
    """Take out the cells that mean "missing"."""
    if not marks:
        return column
    if column.dtype == object:
        return np.where(np.isin(column.astype(str), [str(x) for x in marks]), "", column)
    numbers = [float(x) for x in marks if isinstance(x, (int, float))]
    return np.where(np.isin(column, numbers), np.nan, column)


def cluster_codes(
    columns: Mapping[str, NDArray[Any]], names: Sequence[str]
) -> NDArray[np.int64] | None:
    """Number rows so that those with the same values of these columns share a number: `[rows]`.

    A row with none of the values stands alone, as where the splits are made. None: no columns.
    """
    if not names:
        return None
    rows = len(columns[names[0]])
    codes, is_given = np.zeros(rows, np.int64), np.zeros(rows, bool)
    for name in names:
        column = columns[name]
        is_text = column.dtype == object
        is_given |= column != "" if is_text else ~np.isnan(column)
        values, places = np.unique(column.astype(str) if is_text else column, return_inverse=True)
        _, codes = np.unique(codes * len(values) + places, return_inverse=True)
    alone = np.flatnonzero(~is_given)
    codes[alone] = codes.max(initial=0) + 1 + np.arange(len(alone))
    return codes
