"""The bytes of a CSV file: their encoding, their digest, and the records in them.

Terms:
    record: one row as `csv.reader` gives it; a quoted field may span several lines.
    line: 1-based number of a line of the file, as an editor shows it.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import shlex
from collections.abc import Iterator
from pathlib import Path

from tfx_pipeline.errors import Problem

_BLOCK_BYTES = 1 << 18
_FOREIGN_MARKS = (  # UTF-32's first: its little-endian mark begins with UTF-16's
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


class UnreadableError(Exception):
    """A file that is no CSV text in UTF-8; `problem` says why and where."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


def shown(path: Path, line: int | None = None) -> str:
    """Name a file the short way, relative to the working directory where that is possible."""
    folder = Path.cwd()
    name = str(path.relative_to(folder) if path.is_relative_to(folder) else path)
    return name if line is None else f"{name}:{line}"


class WatchedBytes(io.FileIO):
    """A file's bytes on their way to a decoder, each looked at once.

    Attributes:
        digest: sha256 of the bytes so far, a byte order mark included.
        is_plain: so far no byte order mark, no quote and no carriage return. Such a file is what
            TFX's reader takes it for: lines, and commas in them.

    Raises:
        OSError: it cannot be opened.
        UnreadableError: it begins with the mark of another encoding.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._path = path
        head = self.read(4)
        for mark, encoding in _FOREIGN_MARKS:
            if head.startswith(mark):
                self.close()
                raise UnreadableError(_foreign_problem(path, encoding))
        mark = codecs.BOM_UTF8 if head.startswith(codecs.BOM_UTF8) else b""
        self._position = self.seek(len(mark))
        self.digest = hashlib.sha256(mark)
        self.is_plain = not mark

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer, and look at what is in it.

        Raises:
            UnreadableError: there is a NUL byte, which no text has.
        """
        count = super().readinto(buffer)
        block = bytes(buffer[:count])
        self.digest.update(block)
        self.is_plain = self.is_plain and b'"' not in block and b"\r" not in block
        if b"\0" in block:
            raise UnreadableError(_nul_problem(self._path, self._position + block.index(b"\0")))
        self._position += count
        return count

    def text(self) -> io.TextIOWrapper:
        """Decode as UTF-8, with line ends as they are."""
        lines = io.TextIOWrapper(io.BufferedReader(self, _BLOCK_BYTES), "utf-8", newline="")
        lines._CHUNK_SIZE = _BLOCK_BYTES  # type: ignore[attr-defined]  # else 8 KiB
        return lines


def numbered_records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield each record, the header first, with the line on which it begins.

    Raises:
        UnreadableError: the file is not UTF-8, or its quotes do not match.
    """
    with WatchedBytes(path) as watched:
        reader = csv.reader(watched.text(), strict=True)
        line = 1
        try:
            for record in reader:
                yield line, record
                line = reader.line_num + 1
        except csv.Error as error:
            raise UnreadableError(_quote_problem(path, line, error)) from error
        except UnicodeDecodeError as error:
            raise UnreadableError(_utf8_problem(path)) from error


def lines_of(path: Path, indices: set[int]) -> dict[int, int]:
    """Map indices of data records (the first one after the header is 0) to their lines."""
    last = max(indices, default=-1)
    lines = {}
    for index, (line, _) in enumerate(numbered_records(path), start=-1):
        if index in indices:
            lines[index] = line
        if index >= last:
            break
    return lines


def why_unreadable(path: Path) -> Problem:
    """Read again, slowly, a file that a fast reader gave up on, to say why and on which line."""
    try:
        for _ in numbered_records(path):
            pass
    except UnreadableError as error:
        return error.problem
    return Problem("the file changed while it was read", shown(path), next_step="run again")


def _foreign_problem(path: Path, encoding: str) -> Problem:
    return Problem("this is not UTF-8 text", shown(path), encoding, "UTF-8", _iconv(path, encoding))


def _iconv(path: Path, encoding: str) -> str:
    return f"convert it: iconv -f {encoding} -t UTF-8 {shlex.quote(shown(path))} > utf8.csv"


def _nul_problem(path: Path, offset: int) -> Problem:
    with open(path, "rb") as file:
        before = file.read(offset)
        around = before[-64:] + file.read(64)
    if around.count(0) > len(around) // 4:  # Latin letters in UTF-16 have a NUL byte each
        wide = "UTF-32" if around.count(0) > len(around) // 2 else "UTF-16"
        order = "BE" if (offset % 2 == 0) else "LE"
        return _foreign_problem(path, wide + order)
    line = before.count(b"\n") + 1
    command = f"remove them: tr -d '\\000' < {shlex.quote(shown(path))} > clean.csv"
    return Problem("a NUL byte", shown(path, line), f"byte {offset:,}", "text", command)


def _utf8_problem(path: Path) -> Problem:
    offset = 0
    with open(path, "rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                return Problem(
                    f"byte {offset + error.start:,} is not UTF-8 text",
                    shown(path, number),
                    repr(error.object[max(0, error.start - 12) : error.start + 4]),
                    "UTF-8",
                    _iconv(path, "WINDOWS-1252") + " (if that is what it is)",
                )
            offset += len(line)
    return Problem("the file changed while it was read", shown(path), next_step="run again")


def _quote_problem(path: Path, line: int, error: csv.Error) -> Problem:
    unclosed = "unexpected end" in str(error) or "field limit" in str(error)
    return Problem(
        "a quoted field that begins here is never closed"
        if unclosed
        else "a quote is closed in the middle of a field",
        shown(path, line),
        allowed='fields like "a, b", with a quote inside written twice: "5"" disk"',
    )
