"""Where transformed rows are kept for training: in memory, or in files once they are too large.

Terms:
    columns: matrices or vectors by name, a row of each a row; what they take per row is the same
        for all batches.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.processes.container_memory import free_memory_bytes

# The rows as batches, put together, and as TensorFlow holds them; the rest is for all else.
_SHARE = 0.25


class RowStore:
    """Takes batches of columns, and gives them put together.

    Attributes:
        most_bytes: that are kept in memory.
        held_bytes: that were taken so far.
    """

    def __init__(self, folder: str, in_memory: Literal["auto"] | bool = True) -> None:
        """Choose what fits: in `auto`, a quarter of the memory that is free now.

        `folder` is for the files, which nobody else may write to.
        """
        free = free_memory_bytes()
        bounds: dict[object, float] = {True: float("inf"), False: 0, "auto": _SHARE * free}
        self.most_bytes, self.held_bytes = bounds[in_memory], 0
        self._folder, self._free, self._asked = Path(folder), free, in_memory
        self._batches: list[Mapping[str, NDArray[Any]]] = []
        self._files: dict[str, IO[bytes]] = {}
        self._kinds: dict[str, tuple[np.dtype[Any], tuple[int, ...]]] = {}

    @property
    def in_files(self) -> bool:
        """Whether the rows are in files."""
        return bool(self._files)

    @property
    def reason(self) -> str:
        """Say why the rows are where they are, in one clause."""
        size = f"they take {self.held_bytes / 2**20:,.1f} MB"
        if self._asked != "auto":
            return f"{size}, and `data.in_memory` is {str(self._asked).lower()}"
        limit = f"a quarter of the {self._free / 2**20:,.0f} MB of memory that were free"
        return f"{size}, {'more' if self.in_files else 'less'} than {limit}"

    def add(self, columns: Mapping[str, NDArray[Any]]) -> None:
        """Take a batch."""
        self._kinds = {name: (x.dtype, x.shape[1:]) for name, x in columns.items()}
        self._batches.append(columns)
        self.held_bytes += sum(x.nbytes for x in columns.values())
        if self.in_files or self.held_bytes > self.most_bytes:
            self._write()

    def columns(self) -> dict[str, NDArray[Any]]:
        """Give all rows: arrays, or arrays over files that can be written to."""
        if not self.in_files:
            batches, self._batches = self._batches, []
            return {name: np.concatenate([x[name] for x in batches]) for name in self._kinds}
        for file in self._files.values():
            file.close()
        return {name: self._mapped(name) for name in self._kinds}

    def _write(self) -> None:
        for name in self._kinds:
            if name not in self._files:
                self._files[name] = (self._folder / name).open("wb")
            for batch in self._batches:
                self._files[name].write(np.ascontiguousarray(batch[name]).data)
        self._batches = []

    def _mapped(self, name: str) -> NDArray[Any]:
        dtype, shape = self._kinds[name]
        place = self._folder / name
        rows = os.path.getsize(place) // (dtype.itemsize * int(np.prod(shape)))
        return np.memmap(place, dtype, "r+", shape=(rows, *shape))
