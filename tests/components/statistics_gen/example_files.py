"""Examples of the tests, as an Examples artifact holds them, and a look into statistics."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf.message import Message

Row = Mapping[str, Sequence[Any]]
"""Values by feature: a list of bytes, int or float each; None where the feature says no kind."""
TOLERANCE = 1e-6 if np.lib.NumpyVersion(np.__version__) < "2.0.0" else 1e-5
"""Of a figure. With NumPy 2, TFDV reckons buckets of histograms in 32-bit floats, as its quantiles
are; ours are reckoned in 64 bits everywhere."""


def serialize(row: Row) -> bytes:
    """Serialize with features in the order of their names' bytes, if no name begins another."""
    import tensorflow as tf

    example = tf.train.Example()
    example.features.SetInParent()
    for name, values in row.items():
        feature = example.features.feature[name]
        if values is None:
            continue
        kinds = {bytes: feature.bytes_list, int: feature.int64_list, float: feature.float_list}
        kind = kinds[type(values[0])] if values else feature.bytes_list
        kind.SetInParent()
        kind.value.extend(values)
    return example.SerializeToString(deterministic=True)


def write_split(
    folder: Path, shards: Sequence[Iterable[bytes]], split: str = "train"
) -> list[Path]:
    """Write one file a shard."""
    import tensorflow as tf

    (folder / f"Split-{split}").mkdir(parents=True)
    files = []
    for number, records in enumerate(shards):
        name = f"data_tfrecord-{number:05}-of-{len(shards):05}.gz"
        files.append(folder / f"Split-{split}" / name)
        with tf.io.TFRecordWriter(str(files[-1]), "GZIP") as writer:
            for record in records:
                writer.write(record)
    return files


def table_rows(file: Path) -> Iterator[Row]:
    """Give the rows of a CSV file: columns of whole numbers, of numbers, and of strings."""
    header, *records = csv.reader(file.read_text(encoding="utf-8").splitlines())
    kinds = [_kind_of([record[at] for record in records]) for at in range(len(header))]
    for record in records:
        cells = zip(header, kinds, record, strict=True)
        yield {name: [kind(cell)] for name, kind, cell in cells if cell}


def _kind_of(cells: list[str]) -> Any:
    for kind in (int, float):
        try:
            [kind(cell) for cell in cells if cell]
        except ValueError:
            continue
        return kind
    return str.encode


def examples_artifact(folder: Path, splits: Sequence[str] = ("train",)) -> Any:
    from tfx.types import artifact_utils, standard_artifacts

    examples = standard_artifacts.Examples()
    examples.uri = str(folder)
    examples.split_names = artifact_utils.encode_split_names(list(splits))
    examples.span = 3
    return examples


def compute(executor: type, examples: Any, folder: Path, **properties: Any) -> Any:
    """Run an executor of StatisticsGen, in this process; give the artifact that it wrote."""
    from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
    from tfx.types import standard_artifacts

    from tfx_pipeline.patches.beam_tuning import BEAM_OPTIONS, tune_beam

    tune_beam()
    statistics = standard_artifacts.ExampleStatistics()
    statistics.uri = str(folder)
    folder.mkdir()
    context = BaseBeamExecutor.Context(
        beam_pipeline_args=list(BEAM_OPTIONS), tmp_dir=str(folder), unique_id="1"
    )
    properties = {"exclude_splits": "[]", **properties}
    executor(context).Do({"examples": [examples]}, {"statistics": [statistics]}, properties)
    return statistics


def read(statistics: Any, split: str = "train") -> Any:
    """Give the `DatasetFeatureStatistics` of a split."""
    from tensorflow_metadata.proto.v0 import statistics_pb2

    content = (Path(statistics.uri) / f"Split-{split}" / "FeatureStats.pb").read_bytes()
    (data_set,) = statistics_pb2.DatasetFeatureStatisticsList.FromString(content).datasets
    return data_set


def differences(one: Any, other: Any) -> list[str]:
    """List the fields that differ between the statistics of two data sets, in any order."""
    names = [{feature.path.step[0] for feature in each.features} for each in (one, other)]
    assert names[0] == names[1]
    found = [] if one.num_examples == other.num_examples else ["num_examples"]
    others = {feature.path.step[0]: feature for feature in other.features}
    for feature in one.features:
        name = feature.path.step[0]
        found += _differences(feature, others[name], name)
    return found


def _differences(one: Any, other: Any, path: str) -> list[str]:
    """Compare two messages of one type; a field that one lacks is a difference."""
    values = [{field.name: value for field, value in each.ListFields()} for each in (one, other)]
    found = [f"{path}.{name}: in one only" for name in values[0].keys() ^ values[1].keys()]
    for name in values[0].keys() & values[1].keys():
        left, right = values[0][name], values[1][name]
        is_list = not isinstance(left, (str, bytes, Message)) and hasattr(left, "__len__")
        pairs = [*zip(left, right, strict=False)] if is_list else [(left, right)]
        if is_list and len(left) != len(right):
            found.append(f"{path}.{name}: {len(left)} and {len(right)} of them")
        for number, (each, its_other) in enumerate(pairs):
            place = f"{path}.{name}[{number}]"
            if isinstance(each, Message):
                found += _differences(each, its_other, place)
            elif not _alike(each, its_other):
                found.append(f"{place}: {each!r} and {its_other!r}"[:200])
    return found


def _alike(left: Any, right: Any) -> bool:
    if not (isinstance(left, float) and isinstance(right, float)):
        return bool(left == right)
    if left == right or (math.isnan(left) and math.isnan(right)):
        return True
    return abs(left - right) <= TOLERANCE * max(abs(left), abs(right))
