"""How many rows are read and written, and how many there will be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tfx_pipeline.batch.chunks import Chunk
from tfx_pipeline.batch.reading.blocks import Part
from tfx_pipeline.processes.progress import progress


class RowMeter:
    """Tells the progress of a job; those `before` were done earlier.

    Attributes:
        written: rows that this process has read, answered and written, or set apart.
    """

    def __init__(self, parts: Sequence[Part], before: int) -> None:
        self._parts, self._before = parts, before
        self._read = 0
        self.written = 0
        sizes = [part.path.stat().st_size if part.path.is_file() else 1 for part in parts]
        self._weights = [size / max(sum(sizes), 1) for size in sizes]

    def metered(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        """Count what is read."""
        for chunk in chunks:
            self._read += chunk.count
            yield chunk

    def tell(self, rows: int) -> None:
        """Say that so many more are done."""
        self.written += rows
        progress(self.written, self._total())

    def _total(self) -> float | None:
        """Estimate how many rows this process will read; None: nobody knows."""
        rows = [part.rows for part in self._parts]
        if None not in rows:
            return sum(filter(None, rows)) - self._before
        share = sum(
            part.share * weight for part, weight in zip(self._parts, self._weights, strict=True)
        )
        if not share or not self._parts[0].path.is_file():
            return None
        return max(self.written, (self._before + self._read) / share - self._before)
