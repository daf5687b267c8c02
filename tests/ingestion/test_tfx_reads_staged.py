"""What TFX's own CSV reader makes of files: the facts that decide what is staged or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tfx_pipeline.ingestion.csv_source import inspect_csv, stage_csv

pytestmark = pytest.mark.slow


def read_by_tfx(folder: Path) -> list[dict[str, list[Any]]]:
    """The examples that TFX's reader makes of a folder, the greatest first value first."""
    import apache_beam as beam
    import tensorflow as tf
    from apache_beam.runners.portability.fn_api_runner import FnApiRunner
    from tfx.components.example_gen.csv_example_gen import executor

    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
        (
            pipeline
            | executor._CsvToExample({"input_base": str(folder)}, "*.csv")
            | beam.Map(lambda example: example.SerializeToString())
            | beam.io.WriteToTFRecord(str(folder / "examples"))
        )
    files = [str(file) for file in folder.glob("examples*")]
    examples = [
        {name: _values(feature) for name, feature in sorted(example.features.feature.items())}
        for example in map(
            tf.train.Example.FromString, tf.data.TFRecordDataset(files).as_numpy_iterator()
        )
    ]
    return sorted(examples, key=lambda example: list(example.values()), reverse=True)


def _values(feature: Any) -> list[Any]:
    kind = feature.WhichOneof("kind")
    return list(getattr(feature, kind).value) if kind else []


@pytest.mark.parametrize(
    ("content", "is_plain", "expected"),
    [
        (b"a,b\n1,x\n2,y\n", True, [{"a": [2], "b": [b"y"]}, {"a": [1], "b": [b"x"]}]),
        (b"\xef\xbb\xbfa,b\n1,x\n", False, [{"a": [1], "b": [b"x"]}]),
        (b'"a","b"\r1,5" disk\r', False, [{"a": [1], "b": [b'5" disk']}]),
        (
            b'a,b\n1,"x\ny, ""z"""\n,\n',
            False,
            [{"a": [1], "b": [b'x\ny, "z"']}, {"a": [], "b": []}],
        ),
        (b'a\n1\n\n""\n', False, [{"a": [1]}, {"a": []}]),
    ],
)
def test_tfx_reads_staged_file_as_it_is_meant(
    tmp_path: Path, content: bytes, is_plain: bool, expected: list[dict[str, list[Any]]]
) -> None:
    (tmp_path / "table.csv").write_bytes(content)
    table = inspect_csv(tmp_path)
    assert table.files[0].is_plain == is_plain
    assert read_by_tfx(stage_csv(table, tmp_path / "staged")) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\xef\xbb\xbfa,b\n1,x\n", [{"\ufeffa": [1], "b": [b"x"]}]),
        (b"a,b\r1,x\r", []),
        (b'"a",b\n1,x\n', [{'"a"': [1], "b": [b"x"]}]),
        (b"a,a\n1,2\n", [{"a": [2]}]),
        (b"a,b\n", []),
    ],
)
def test_tfx_misreads_the_original_in_silence(
    tmp_path: Path, content: bytes, expected: list[dict[str, list[Any]]]
) -> None:
    (tmp_path / "table.csv").write_bytes(content)
    assert read_by_tfx(tmp_path) == expected
