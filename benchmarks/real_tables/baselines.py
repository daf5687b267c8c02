"""What ours is compared with, with the settings that their libraries ship.

    boosting    scikit-learn's HistGradientBoosting, with native categories
    lightgbm    LightGBM, with native categories
    linear      a logistic or a ridge regression on standardised numbers and one-hot categories

Missing numbers stay missing for the trees; the linear model gets the mean, and a column that says
so. HistGradientBoosting takes at most 255 categories a column: the rarer ones are one.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from real_tables.encoding import Rows, SplitTable

BASELINES = ("boosting", "lightgbm", "linear")
_MOST_CATEGORIES = 254


class Fitted(NamedTuple):
    """What a baseline gave.

    Attributes:
        values: of the rows of `eval`: probabilities `[rows, classes]`, or numbers `[rows]`.
        fit_s: wall seconds, and `cpu_s` of all threads.
    """

    values: NDArray[np.float64]
    fit_s: float
    cpu_s: float


def fit_baseline(name: str, table: SplitTable, seed: int) -> Fitted:
    """Fit on `train`, predict `eval`."""
    prepare, make = _WAYS[name]
    train, judged = prepare(table, table.train), prepare(table, table.eval)
    model = make(table, seed)
    started, cpu = time.perf_counter(), time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names of columns, and steps that did not converge
        model.fit(train, table.train.label)
        seconds = (time.perf_counter() - started, time.process_time() - cpu)
        if not table.classes:
            return Fitted(model.predict(judged), *seconds)
        found = model.predict_proba(judged)
    return Fitted(_all_classes(found, model.classes_, table), *seconds)


def _all_classes(
    found: NDArray[Any], classes: NDArray[Any], table: SplitTable
) -> NDArray[np.float64]:
    """Give a class that no training row has the probability 0."""
    probabilities = np.zeros((len(found), len(table.classes)))
    probabilities[:, classes.astype(int)] = found
    return probabilities


def _with_few_ids(table: SplitTable, rows: Rows) -> NDArray[np.float64]:
    """Put ids beside the numbers; missing and unknown ones are NaN, rare ones are one."""
    unknown = np.array(table.sizes, np.int32) - 1
    ids = np.where((rows.ids == 0) | (rows.ids == unknown), np.nan, rows.ids - 1)
    return np.hstack([rows.numbers, np.minimum(ids, _MOST_CATEGORIES)])


def _with_all_ids(table: SplitTable, rows: Rows) -> NDArray[np.float64]:
    unknown = np.array(table.sizes, np.int32) - 1
    ids = np.where((rows.ids == 0) | (rows.ids == unknown), np.nan, rows.ids - 1)
    return np.hstack([rows.numbers, ids])


def _boosting(table: SplitTable, seed: int) -> Any:
    from sklearn import ensemble

    kind = "Classifier" if table.classes else "Regressor"
    make = getattr(ensemble, f"HistGradientBoosting{kind}")
    return make(categorical_features=_places(table) or None, random_state=seed)


def _lightgbm(table: SplitTable, seed: int) -> Any:
    import lightgbm

    make = lightgbm.LGBMClassifier if table.classes else lightgbm.LGBMRegressor
    # Without a number it takes the cores of the machine, and heeds no OMP_NUM_THREADS.
    threads = int(os.environ.get("OMP_NUM_THREADS", len(os.sched_getaffinity(0))))
    model = make(random_state=seed, n_jobs=threads, verbose=-1)
    places = _places(table)
    return _Categorical(model, places) if places else model


class _Categorical:
    """LightGBM's estimator, which learns at the fit which columns are categories."""

    def __init__(self, model: Any, places: list[int]) -> None:
        self._model, self._places = model, places

    def fit(self, rows: NDArray[np.float64], label: NDArray[Any]) -> None:
        self._model.fit(rows, label, categorical_feature=self._places)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


def _places(table: SplitTable) -> list[int]:
    begin = len(table.number_names)
    return list(range(begin, begin + len(table.category_names)))


def _linear(table: SplitTable, seed: int) -> Any:
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    names = OneHotEncoder(handle_unknown="ignore")
    columns = make_column_transformer(
        (numbers, list(range(len(table.number_names)))), (names, _places(table))
    )
    most = 1000  # steps; the 100 of the library do not suffice on wide tables
    model = LogisticRegression(max_iter=most, random_state=seed) if table.classes else Ridge()
    return make_pipeline(columns, model)


_Prepare: TypeAlias = Callable[[SplitTable, Rows], NDArray[np.float64]]
_WAYS: dict[str, tuple[_Prepare, Callable[[SplitTable, int], Any]]] = {
    "boosting": (_with_few_ids, _boosting),
    "lightgbm": (_with_all_ids, _lightgbm),
    "linear": (lambda table, rows: np.hstack([rows.numbers, rows.ids]), _linear),
}
