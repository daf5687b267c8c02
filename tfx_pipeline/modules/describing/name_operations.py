"""Operations on names and words, by the configuration and the tables of names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tfx_pipeline.modules.describing.name_tables import NameTable
from tfx_pipeline.modules.description.operations import CategoryId, NameValues, Operation, Words
from tfx_pipeline.modules.features.columns import FARTHEST
from tfx_pipeline.modules.features.label import classes_told_apart
from tfx_pipeline.modules.features.names.token_tables import Column
from tfx_pipeline.modules.preprocessing import of_kind


def name_operations(
    config: Mapping[str, Any], ids: NameTable, averages: NameTable
) -> Iterator[Operation]:
    """Describe all features that are made from names."""
    classes = classes_told_apart(config["label"])
    for name, feature in of_kind(config["features"], "categorical").items():
        if feature["id"]:
            key = Column(f"{name}_id", "ids").key
            names = tuple(ids.of_column(key))
            yield CategoryId(f"{name}_id", name, names, feature["oov_buckets"], key)
        if feature["target"]:
            yield _encoded(name, averages, classes)
    for name, feature in of_kind(config["features"], "text").items():
        yield _words(name, feature, ids, averages)
    for name, lookup in config["lookups"].items():
        yield _averages(f"{name}_average", lookup["key"], averages)


def _encoded(name: str, averages: NameTable, classes: int) -> NameValues:
    """Describe labels: of several classes, a name has a value for each, 0 where there is none."""
    output = f"{name}_target"
    found = averages.of_column(Column(output, "labels").key)
    cells = [(key, 0, value) for key, value in found.items()]
    if classes:
        parts = [(*key.partition("="), value) for key, value in found.items()]
        cells = [(key, int(label), value) for label, _, key, value in parts]
    places = {key: i for i, key in enumerate(dict.fromkeys(key for key, *_ in cells))}
    values = np.zeros((len(places), classes or 1), np.float32)
    for key, label, value in cells:
        values[places[key], label] = float(value)
    return NameValues(output, name, tuple(places), values)


def _averages(output: str, column: str, averages: NameTable) -> NameValues:
    """Describe a lookup: scaled as `features.names.averages` does."""
    key = Column(output, "averages").key
    found = averages.of_column(key)
    overall, deviation = (float(averages.values[x]) for x in (key, f"{key}/deviation"))
    values = np.array([float(x) for x in found.values()]) - overall
    values = values / deviation if deviation else np.zeros(len(found))
    clipped = np.clip(values, -FARTHEST, FARTHEST).astype(np.float32)
    return NameValues(output, column, tuple(found), clipped[:, np.newaxis])


def _words(name: str, feature: Mapping[str, Any], ids: NameTable, averages: NameTable) -> Words:
    output, buckets = f"{name}_words", feature["hash_buckets"]
    key = Column(output, "words").key
    weights, unknown = None, 0.0
    if feature["weights"] == "tfidf":
        weights = {word: float(x) for word, x in averages.of_column(key).items()}
        unknown = float(averages.values[key]) if buckets else 0.0
    return Words(
        output,
        name,
        buckets or feature["max_vocabulary"] + 1,
        () if buckets else tuple(ids.of_column(key)),
        buckets,
        feature["lower_case"],
        feature["ngrams"],
        weights,
        unknown,
    )
