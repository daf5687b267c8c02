from __future__ import annotations

import contextlib
import gzip
import hashlib
import struct
from pathlib import Path
from typing import Any

import pytest

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.reading.examples import Examples
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.ingestion.reading.record_sums import begins_with_record, masked_sum


def framed(*records: bytes) -> bytes:
    parts = []
    for record in records:
        length = struct.pack("<Q", len(record))
        parts += [length, struct.pack("<I", masked_sum(length))]
        parts += [record, struct.pack("<I", masked_sum(record))]
    return b"".join(parts)


def example(**features: Any) -> bytes:
    """Serialize by TensorFlow's own message: lists by the type of their first value."""
    import tensorflow as tf

    made = tf.train.Example()
    for name, values in features.items():
        feature = made.features.feature[name]
        for value in values or ():
            kind = {int: feature.int64_list, float: feature.float_list}
            kind.get(type(value), feature.bytes_list).value.append(value)
    return made.SerializeToString()


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def columns(*files: bytes) -> dict[str, list[Any]]:
    """Give all values of files `0.tfrecord`, `1.tfrecord`, … in the working directory."""
    paths = [Path(f"{number}.tfrecord").absolute() for number in range(len(files))]
    for path, content in zip(paths, files, strict=True):
        path.write_bytes(content)
    with contextlib.closing(Examples(paths)) as examples:
        found: dict[str, list[Any]] = {name: [] for name in examples.names}
        for path, content in zip(paths, files, strict=True):
            unpacked = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
            assert examples.digests[path] == hashlib.sha256(unpacked).hexdigest()
            for batch in examples.batches(path):
                for name, values in batch.to_pydict().items():
                    found[name] += values
    return found


def refusal(*files: bytes) -> Problem:
    with pytest.raises(UnreadableError) as raised:
        columns(*files)
    return raised.value.problem


@pytest.mark.slow
def test_examples_with_a_feature_that_never_has_a_value_have_an_empty_column() -> None:
    assert columns(framed(example(n=[1], e=None), example(n=[2], e=[]))) == {
        "e": [None, None],
        "n": [1, 2],
    }
    first = framed(*[example(n=[1], e=None)] * 5_000)  # more than a block
    found = columns(first, framed(example(n=[2], e=[b"x"])))
    assert found["e"] == [None] * 5_000 + [b"x"]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A file that TensorFlow wrote."""
    import tensorflow as tf

    path = tmp_path_factory.mktemp("records") / "data.tfrecord"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for number in range(10_000):
            writer.write(example(n=[number], x=[number / 4], s=[b"%d" % number]))
    return path.read_bytes()


def test_examples_of_tensorflow_are_columns(written: bytes) -> None:
    numbers = range(10_000)
    assert columns(written) == {
        "n": [*numbers],
        "s": [b"%d" % number for number in numbers],
        "x": [number / 4 for number in numbers],
    }
    assert begins_with_record(written)
    assert columns(gzip.compress(written)) == columns(written)


def test_examples_without_a_feature_have_no_value_and_files_share_columns() -> None:
    first = framed(example(), example(), example(b=[1]), example(b=None))
    second = framed(example(a=[0.5]))
    assert columns(first, second) == {
        "a": [None, None, None, None, 0.5],
        "b": [None, None, 1, None, None],
    }
    assert columns(b"") == {}


def test_examples_with_several_values_are_refused_with_the_row() -> None:
    rows = [example(a=[1])] * 5000
    problem = refusal(framed(*rows, example(a=[1, 2])))
    assert problem.what == "record 5,001 has 2 values of the feature `a`"
    assert problem.place == "0.tfrecord"


def test_examples_with_two_types_of_a_feature_are_refused_with_the_row() -> None:
    rows = [example(a=[1])] * 100
    problem = refusal(framed(*rows, example(a=[b"x"]), *rows))
    assert problem.what.startswith("record 101 has another type than those before it: ")
    assert 'expected int64_list, found bytes_list for feature "a"' in problem.what
    problem = refusal(framed(*rows), framed(example(a=[0.5])))
    assert problem.what == "feature `a` has values of two types"
    assert problem.received == "int64 at 0.tfrecord, records 1 to 100; float"
    assert problem.place == "1.tfrecord, records 1 to 1"


def test_records_that_are_no_examples_are_refused_with_the_row() -> None:
    problem = refusal(framed(*[example(a=[1])] * 7, b"no example"))
    assert problem.what == "record 8 is no `tf.Example`: Unable to parse example."


@pytest.mark.parametrize("cut", [1, 11, 12, 20, 27])
def test_file_that_is_cut_off_is_refused_with_the_byte(cut: int) -> None:
    record = framed(example(a=[1]))
    assert cut < len(record) - 1
    problem = refusal(record * 2 + record[:cut])
    at = 2 * len(record)
    assert problem.what == f"record 3, which begins at byte {at}, is cut off: the file ends in it"


@pytest.mark.parametrize(
    ("place", "what"),
    [(0, "the sum of its length"), (9, "the sum of its length"), (14, "the sum of its bytes")],
)
def test_file_with_a_changed_byte_is_refused_with_the_byte(place: int, what: str) -> None:
    record = framed(example(a=[1]))
    damaged = bytearray(record * 3)
    damaged[len(record) + place] ^= 1
    problem = refusal(bytes(damaged))
    begins = f"record 2, which begins at byte {len(record)}, is damaged"
    assert problem.what == f"{begins}: {what} is wrong"


@pytest.mark.parametrize("head", [b"", b"\0" * 12, b"a,b\n1,2\n3,4\n", b"PAR1" + b"\0" * 20])
def test_begins_with_record_of_other_files_is_false(head: bytes) -> None:
    assert not begins_with_record(head)
