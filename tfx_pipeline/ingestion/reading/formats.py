"""What a file is, told by its first bytes; its text, unpacked and decoded.

Names lie: Excel saves workbooks as `.csv`, downloads end as web pages, servers pack on the way.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import hashlib
import io
import lzma
import os
import shlex
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.reading.foreign_files import what_else
from tfx_pipeline.ingestion.reading.record_sums import begins_with_record
from tfx_pipeline.ingestion.reading.table_files import os_problem, shown

_BLOCK_BYTES = 1 << 18
_HEAD_BYTES = 1 << 16
_MARKS = (  # UTF-32's first: its little-endian mark begins with UTF-16's
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PACKED: dict[bytes, tuple[str, Callable[[BinaryIO], Any]]] = {
    b"\x1f\x8b": ("gzip", gzip.open),
    b"BZh": ("bzip2", bz2.open),
    b"\xfd7zXZ\0": ("xz", lzma.open),
    b"\x28\xb5\x2f\xfd": ("zstd", lambda file: _open_zstd(file)),
}
_DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, OSError, ValueError)


class UnreadableError(Exception):
    """A file that holds no table that can be read; `problem` says why and where."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


class SourceBytes(io.RawIOBase):
    """A file's unpacked bytes on their way to a decoder, each looked at once.

    Attributes:
        digest: sha256 of the bytes so far, a byte order mark included.
        encoding: of the text, as asked for or by its mark; UTF-8 when neither says.
        packed_as: name of the compression; empty: none.
        text_begins: bytes of the byte order mark.
        is_parquet: this is no text, but Parquet.
        is_records: this is no text, but TFRecord.
        is_empty: there is no byte in it.
        position: number of unpacked bytes so far.
        share: about how much of the file has been read, 0 to 1, be it packed or not.

    Raises:
        UnreadableError: it cannot be opened, or is nothing that can be read.
    """

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        super().__init__()
        self._path = path
        self._opened: tuple[BinaryIO, ...] = ()
        self.position, self.share = 0, 0.0
        try:
            self._source, self.packed_as, self._file = _open(path)
            self._opened = (self._source, self._file)
            self._size = os.fstat(self._file.fileno()).st_size
            self._head = self._read_source(_HEAD_BYTES)
        except OSError as error:
            raise UnreadableError(os_problem(path, error)) from error
        self.is_parquet = self._head.startswith(b"PAR1") and not self.packed_as
        self.is_records = begins_with_record(self._head)
        self.is_empty = not self._head
        self._refuse_foreign()
        mark, self.encoding = _encoding(b"" if self.is_records else self._head, encoding)
        self._is_utf8 = not self.is_records and codecs.lookup(self.encoding).name == "utf-8"
        self.digest = hashlib.sha256(mark)
        self._head = self._head[len(mark) :]
        self.text_begins = self.position = len(mark)

    def readable(self) -> bool:
        """Say that bytes can be read, as a decoder asks."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer, and look at what is in it.

        Raises:
            UnreadableError: there is a NUL byte, which no text has, or the file is damaged.
        """
        block = self._head[: len(buffer)]
        self._head = self._head[len(block) :]
        block = block or self._read_source(len(buffer))
        buffer[: len(block)] = block
        self.digest.update(block)
        if self._is_utf8 and b"\0" in block:
            raise UnreadableError(_nul_problem(self._path, self.position + block.index(b"\0")))
        self.position += len(block)
        return len(block)

    def text(self) -> io.TextIOWrapper:
        """Decode, with line ends as they are."""
        lines = io.TextIOWrapper(io.BufferedReader(self, _BLOCK_BYTES), self.encoding, newline="")
        lines._CHUNK_SIZE = _BLOCK_BYTES  # type: ignore[attr-defined]  # else 8 KiB
        return lines

    def close(self) -> None:
        """Close the file."""
        for file in self._opened:
            file.close()
        super().close()

    def _read_source(self, size: int) -> bytes:
        try:
            block = self._source.read(size)
            self.share = self._file.tell() / max(self._size, 1) if block else 1.0
            return block
        except _DAMAGED as error:
            if not self.packed_as:
                raise
            what, step = f"a damaged {self.packed_as} file", "fetch or pack it again"
            problem = Problem(what, shown(self._path), str(error), next_step=step)
            raise UnreadableError(problem) from error

    def _refuse_foreign(self) -> None:
        """Name a file that is no table, and say how it becomes one."""
        if self.is_records or self.is_parquet:
            return
        is_wide = _encoding(self._head, None)[1] != "utf-8"
        what, step = what_else(self._head, is_packed=bool(self.packed_as), is_wide=is_wide)
        if what:
            self.close()
            raise UnreadableError(Problem(f"this is {what}", shown(self._path), next_step=step))


def why_not_text(path: Path, encoding: str) -> Problem:
    """Find the first byte that is not text in this encoding, and its line."""
    with SourceBytes(path, encoding) as source:
        name, offset = source.encoding, source.text_begins
        if name.startswith(("utf-16", "utf-32")):
            what = f"it is not {name.upper()} text to its end"
            step = "name another one in data.csv.encoding, or write it again"
            return Problem(what, shown(path), next_step=step)
        for number, line in enumerate(io.BufferedReader(source), start=1):
            try:
                line.decode(name)
            except UnicodeError as error:
                start = error.start if isinstance(error, UnicodeDecodeError) else 0
                return Problem(
                    f"byte {offset + start:,} is not {name.upper()} text",
                    shown(path, number),
                    repr(line[max(0, start - 12) : start + 4]),
                    next_step="say what it is, e.g. data.csv.encoding: windows-1252",
                )
            offset += len(line)
    return Problem("the file changed while it was read", shown(path), next_step="run again")


def _open(path: Path) -> tuple[BinaryIO, str, BinaryIO]:
    """Open a file, unpacked, name how it was packed, and give it as it is."""
    file = open(path, "rb")  # noqa: SIM115 - whoever asked closes it
    try:
        head = file.read(8)
        file.seek(0)
        for mark, (name, opener) in _PACKED.items():
            if head.startswith(mark):
                return opener(file), name, file
    except BaseException:
        file.close()
        raise
    return file, "", file


def _open_zstd(file: BinaryIO) -> Any:
    import pyarrow as pa  # the standard library cannot before Python 3.14

    return pa.input_stream(file, compression="zstd")


def _encoding(head: bytes, wanted: str | None) -> tuple[bytes, str]:
    """Give the byte order mark, and the encoding: as marked, else as wanted, else as it looks."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return mark, name
    if wanted:
        return b"", wanted
    few = head[:64]
    if len(few) > 1 and few.count(0) > len(few) // 4:  # Latin letters in UTF-16: a NUL byte each
        wide = "utf-32" if few.count(0) > len(few) // 2 else "utf-16"
        return b"", wide + ("-be" if few[0] == 0 else "-le")
    return b"", "utf-8"


def _nul_problem(path: Path, offset: int) -> Problem:
    line, left = 1, offset
    unpacked, _, file = _open(path)
    with file, unpacked as source:
        while left and (block := source.read(min(_BLOCK_BYTES, left))):
            line += block.count(b"\n")
            left -= len(block)
    what = f"byte {offset:,}"
    step = f"remove such bytes: tr -d '\\000' < {shlex.quote(shown(path))} > clean.csv"
    return Problem("a NUL byte", shown(path, line), what, "text", step)
