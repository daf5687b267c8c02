"""A table with features of every kind in all their ways; what an exported model answers rows."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tests.modules.tables import Table, make_config
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.modules.model.input_names import allowed_names

Rows = Mapping[str, NDArray[Any]]
_ALL_PARTS = ["minute", "hour", "weekday", "month_day", "week", "month", "quarter", "year_day"]
_MOMENT = {"kind": "timestamp", "parts": _ALL_PARTS, "periodic": True, "linear": True}
_HOUR = {"kind": "timestamp", "parts": ["hour"]}
_TEXT = {"kind": "text", "max_vocabulary": 6}
_HASHED = {"kind": "text", "hash_buckets": 7}
FEATURES: dict[str, dict[str, Any]] = {
    "z": {"kind": "numeric", "missing": ["9999", "-1"], "buckets": 4},
    "needed": {"kind": "numeric", "missing": ["7"]},
    "log": {"kind": "numeric", "scale": "log_zscore"},
    "flat": {"kind": "numeric"},
    "share": {"kind": "numeric", "scale": "minmax"},
    "age": {"kind": "numeric", "scale": "none", "buckets": 3},
    "empty": {"kind": "numeric", "scale": "minmax", "buckets": 5},
    "count": {"kind": "numeric", "missing": "-1", "buckets": 4},
    "needed_count": {"kind": "numeric", "scale": "minmax"},
    "fraction": {"kind": "numeric", "parse": "1234.5", "missing": "7"},
    "dollars": {"kind": "numeric", "parse": "$1,234.50", "missing": ["-1", "n/a"], "buckets": 3},
    "years": {"kind": "numeric", "parse": "10+ years"},
    "degrees": {"kind": "bucketized", "boundaries": [-1, 0.1, 5]},
    "height": {"kind": "bucketized", "buckets": 4},
    "floor": {"kind": "bucketized", "buckets": 3, "missing": ["0", "-3"]},
    "city": {"kind": "categorical", "min_frequency": 2, "target": True, "missing": ["?", "N/A"]},
    "code": {"kind": "categorical", "max_vocabulary": 5, "oov_buckets": 3, "missing": "9"},
    "area": {"kind": "categorical", "target": True},
    "owner": {"kind": "categorical", "id": False, "target": True},
    "void": {"kind": "categorical", "target": True},
    "we=ird %col": {"kind": "categorical", "oov_buckets": 2},
    "note": {**_TEXT, "missing": "?"},
    "cased": {**_TEXT, "lower_case": False, "ngrams": 2},
    "rare": {**_TEXT, "ngrams": 2, "weights": "tfidf"},
    "hashed": _HASHED,
    "hashed_rare": {**_HASHED, "weights": "tfidf", "ngrams": 3},
    "when": _MOMENT,
    "when_ms": {**_HOUR, "unit": "ms", "missing": "0"},
    "when_here": {**_HOUR, "zone": "America/New_York"},
    "when_float": {**_HOUR, "linear": True, "zone": "Asia/Kolkata"},
    "when_text": {
        **_HOUR,
        "linear": True,
        "parse": "iso8601",
        "zone": "Europe/Berlin",
        "missing": "?",
    },
    "rank": {"kind": "ordinal", "values": ["low", "middle", "hïgh"], "missing": "?"},
    "step": {"kind": "ordinal", "values": ["3", "1", "7"]},
}
LOOKUPS = {
    "city_bonus": {"key": "city", "value": "bonus", "min_rows": 2},
    "code_bonus": {"key": "code", "value": "bonus"},
    "area_bonus": {"key": "area", "value": "bonus"},
    "shop_bonus": {"key": "shop", "value": "bonus"},
    "count_bonus": {"key": "count", "value": "bonus"},
    "flat_bonus": {"key": "city", "value": "flat"},
}
_KINDS: dict[str, type] = {
    **dict.fromkeys(FEATURES, str),
    **dict.fromkeys(["z", "needed", "log", "flat", "share", "age", "empty", "fraction"], float),
    **dict.fromkeys(["degrees", "height", "area", "when_float", "bonus"], float),
    **dict.fromkeys(["count", "needed_count", "floor", "code", "when", "when_ms"], int),
    **dict.fromkeys(["when_here", "step", "shop", "label", "is_first"], int),
}
_WORDS = ["good", "car", "Größe", "a", "b", "Bad", "it's", "naïve", "x"]


def make_table(rows: int = 260) -> Table:
    random = np.random.default_rng(0)
    made = [_row(random) for _ in range(rows)]
    return Table(_KINDS, made, {"needed", "needed_count"})


def make_configuration(task: str, **model: Any) -> PipelineConfig:
    classes = {"binary": ["0", "1"], "multiclass": ["0", "1", "2"], "regression": []}[task]
    column = {"binary": "is_first", "multiclass": "label", "regression": "bonus"}[task]
    return make_config(
        label={"column": column, "task": task, "classes": classes},
        features=FEATURES,
        lookups=LOOKUPS,
        model={"family": "linear", "epochs": 2, **model},
    )


def _row(random: np.random.Generator) -> dict[str, Any]:
    label = int(random.integers(3))
    second = int(random.integers(0, 2**31))
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=second)
    size = int(abs(random.normal(300, 900)))
    numbers = ["z", "needed", "log", "share", "age", "degrees", "height", "fraction"]
    row: dict[str, Any] = {
        **{name: float(np.float32(random.normal(label, 3))) for name in numbers},
        "flat": 3.0,
        "label": label,
        "is_first": int(label == 0),
        "bonus": float(np.float32(random.normal(label, 1))),
        "count": int(random.integers(-1, 30)),
        "needed_count": int(random.integers(2**40)),
        "floor": int(random.integers(-3, 9)),
        "code": int(random.integers(1, 12)),
        "area": float(np.float32(random.choice([0.1, 7, 2.5, 1e10, -3, 1 / 3]))),
        "when": second,
        "when_ms": 1000 * second,
        "when_here": -second,
        "when_float": second,
        "when_text": moment.isoformat(" ", "seconds") + str(random.choice(["", "Z", "+02:00"])),
        "rank": str(random.choice(["low", "middle", "hïgh", "?"])),
        "step": int(random.choice([1, 3, 7])),
        "dollars": f"${size:,}.50",
        "years": f"{size}+ years",
        "city": str(random.choice(["?", "a", "A", "Zürich", "a=b", "日本"])),
        "owner": f"o{random.integers(40)}",
        "we=ird %col": str(random.choice(["a", "b=c", "d\te", "100%"])),
        "shop": int(random.integers(9)),
    }
    for name in ("note", "cased", "rare", "hashed", "hashed_rare"):
        row[name] = " ".join(random.choice(_WORDS, int(random.integers(0, 6))))
    absent = {x for x in row if random.random() < 0.08} - {"label", "is_first", "bonus", "flat"}
    return {name: value for name, value in row.items() if name not in absent or "needed" in name}


def answer(model: Path, rows: Rows) -> dict[str, NDArray[Any]]:
    """Ask `serving_default` of an exported model."""
    signature = tf.saved_model.load(str(model)).signatures["serving_default"]
    names = allowed_names(rows)
    found = signature(**{names[name]: as_tensor(cells) for name, cells in rows.items()})
    return {
        name: np.array([x.decode() for x in values.numpy()], object)
        if values.dtype == tf.string
        else values.numpy()
        for name, values in found.items()
    }


def as_tensor(cells: NDArray[Any]) -> tf.Tensor:
    return tf.constant(cells.tolist(), tf.string) if cells.dtype == object else tf.constant(cells)
