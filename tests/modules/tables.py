"""Small tables as tf.Examples, and what Transform makes of them."""

from __future__ import annotations

import contextlib
import csv
import functools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import apache_beam as beam
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.modules.preprocessing import preprocessing_fn

_DTYPES = {int: tf.int64, float: tf.float32, str: tf.string}


@dataclass
class Table:
    """Rows by column name; None or an absent column is a missing value.

    Attributes:
        kinds: int, float or str, per column.
        rows: the rows.
        required: columns that the schema calls required, so that they are dense.
    """

    kinds: Mapping[str, type]
    rows: Sequence[Mapping[str, Any]]
    required: Collection[str] = ()
    spec: dict[str, tf.io.VarLenFeature | tf.io.FixedLenFeature] = field(init=False)

    def __post_init__(self) -> None:
        self.spec = {x: tf.io.VarLenFeature(_DTYPES[kind]) for x, kind in self.kinds.items()}
        for name in self.required:
            self.spec[name] = tf.io.FixedLenFeature([1], _DTYPES[self.kinds[name]])

    @classmethod
    def from_csv(cls, file: Path, columns: Iterable[str], rows: int) -> Table:
        """Read columns of the first rows of a table that ships with the project."""
        with file.open(encoding="utf-8", newline="") as lines:
            read = [row for row, _ in zip(csv.DictReader(lines), range(rows), strict=False)]
        kinds = {name: _kind([row[name] for row in read]) for name in columns}
        values = [
            {x: kind(row[x]) if row[x] else None for x, kind in kinds.items()} for row in read
        ]
        return cls(kinds, values)

    def __getitem__(self, rows: slice) -> Table:
        return Table(self.kinds, self.rows[rows], self.required)

    def serialized(self) -> list[bytes]:
        """Make tf.Examples, as ExampleGen does: a missing value is an empty feature."""
        return [
            tf.train.Example(features=self._features(row)).SerializeToString(deterministic=True)
            for row in self.rows
        ]

    def parsed(self) -> dict[str, tf.SparseTensor]:
        """Make raw features of all rows."""
        return tf.io.parse_example(self.serialized(), self.spec)

    def write(self, file: Path) -> str:
        """Write TFRecords; return the file pattern."""
        with tf.io.TFRecordWriter(str(file), "GZIP") as writer:
            for example in self.serialized():
                writer.write(example)
        return str(file)

    def analyze(self, config: Mapping[str, Any], directory: Path) -> str:
        """Do what Transform does with these rows; return the folder of its artifact."""
        fn = functools.partial(preprocessing_fn, custom_config=config)
        return self.analyze_with(fn, directory)

    def analyze_with(self, fn: Any, directory: Path) -> str:
        """The same with any `preprocessing_fn`."""
        metadata = tft.DatasetMetadata.from_feature_spec(self.spec)
        rows = [
            {x: [] if row.get(x) is None else [row[x]] for x in self.kinds} for row in self.rows
        ]
        context = tft_beam.Context(str(directory / "temporary"), force_tf_compat_v1=False)
        with context, beam.Pipeline(runner=FnApiRunner()) as pipeline:
            data = pipeline | beam.Create(rows)
            graph = (data, metadata) | tft_beam.AnalyzeDataset(fn)
            artifact = str(directory / "transform_graph")
            graph | tft_beam.WriteTransformFn(artifact)
            raw_metadata = f"{artifact}/{tft.TFTransformOutput.RAW_METADATA_DIR}"
            metadata | tft_beam.WriteMetadata(raw_metadata, pipeline)
        tf.io.gfile.rmtree(str(directory / "temporary"))
        return artifact

    def _features(self, row: Mapping[str, Any]) -> tf.train.Features:
        features = {}
        for name, kind in self.kinds.items():
            values = [] if row.get(name) is None else [row[name]]
            if kind is int:
                feature = tf.train.Feature(int64_list=tf.train.Int64List(value=values))
            elif kind is float:
                feature = tf.train.Feature(float_list=tf.train.FloatList(value=values))
            else:
                values = [value.encode() for value in values]
                feature = tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
            features[name] = feature
        return tf.train.Features(feature=features)


def _kind(texts: Sequence[str]) -> type:
    """Find what all texts but the empty ones can be read as."""
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            for text in filter(None, texts):
                kind(text)
            return kind
    return str


def make_config(**sections: Any) -> PipelineConfig:
    """Fill in the defaults of a configuration."""
    return PipelineConfig.model_validate({"name": "test", "data": {"path": "data"}, **sections})


def transform_config(config: PipelineConfig) -> dict[str, Any]:
    """Return the `custom_config` of Transform."""
    return config.model_dump(mode="json", include={"features", "lookups", "label"})


def train_config(config: PipelineConfig, smoke_rows: int = 8) -> dict[str, Any]:
    """Return the `custom_config` of Trainer."""
    return {
        **config.model_dump(mode="json", include={"model", "label", "features", "lookups"}),
        "raw_features": list(config.raw_features),
        "smoke_rows": smoke_rows,
    }


def make_fn_args(
    config: PipelineConfig, artifact: str, train: str, evaluation: str, directory: Path
) -> SimpleNamespace:
    """Return what Trainer gives to `run_fn`, as far as it is read."""
    return SimpleNamespace(
        train_files=[train],
        eval_files=[evaluation],
        transform_output=artifact,
        serving_model_dir=str(directory / "model"),
        model_run_dir=str(directory / "run"),
        custom_config=train_config(config),
        hyperparameters=None,
    )
