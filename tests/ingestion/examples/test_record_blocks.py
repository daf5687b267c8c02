"""Records of packed files: all of them, in order, and no damaged file counts as read."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.components.statistics_gen.example_files import write_split
from tfx_pipeline.errors import StepError
from tfx_pipeline.ingestion.examples import record_blocks as module
from tfx_pipeline.ingestion.examples.record_blocks import record_blocks

pytestmark = pytest.mark.slow
RECORDS = [bytes([number % 251]) * (number * 7 % 300) for number in range(2_000)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_split(tmp_path, [RECORDS])[0]


def read(file: Path) -> list[bytes]:
    return [
        bytes(block.data[start:end])
        for block in record_blocks(str(file))
        for start, end in zip(block.starts, block.ends, strict=True)
    ]


@pytest.mark.parametrize("block_bytes", [5, 1 << 10, 1 << 24])
def test_record_blocks_of_any_size_give_every_record_in_order(
    file: Path, block_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BLOCK_BYTES", block_bytes)
    assert read(file) == RECORDS


def test_record_blocks_of_a_file_that_is_not_packed_gives_every_record(file: Path) -> None:
    file.write_bytes(gzip.decompress(file.read_bytes()))
    assert read(file) == RECORDS


def test_record_blocks_of_a_file_in_two_packed_parts_gives_both(file: Path) -> None:
    file.write_bytes(file.read_bytes() * 2)
    assert read(file) == RECORDS * 2


def test_record_blocks_of_a_file_that_ends_early_is_refused(file: Path) -> None:
    content = file.read_bytes()
    for size in (len(content) // 2, len(content) - 1):
        file.write_bytes(content[:size])
        with pytest.raises(StepError, match="cannot be read"):
            read(file)


def test_record_blocks_of_a_file_with_a_changed_byte_is_refused(file: Path) -> None:
    content = bytearray(gzip.decompress(file.read_bytes()))
    content[-30] ^= 1
    changed = bytearray(gzip.compress(bytes(content)))
    changed[-8:] = file.read_bytes()[-8:]  # the checksum of what it was
    file.write_bytes(bytes(changed))
    with pytest.raises(StepError, match="cannot be read"):
        read(file)


@pytest.mark.parametrize(
    "content",
    [b"no gzip", gzip.compress(b"text, and no records at all", mtime=0)],
    ids=["text", "packed text"],
)
def test_record_blocks_of_another_kind_of_file_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "other.gz"
    file.write_bytes(content)
    with pytest.raises(StepError, match="TFRecords, as they are or packed by gzip"):
        read(file)


def test_record_blocks_of_half_a_record_is_refused(file: Path) -> None:
    file.write_bytes(gzip.compress(gzip.decompress(file.read_bytes())[:-2]))
    with pytest.raises(StepError, match="are no whole record"):
        read(file)
