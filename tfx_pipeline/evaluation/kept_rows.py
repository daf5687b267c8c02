"""Labels and answers of some eval rows, kept so that two runs can be compared row by row.

At most `MOST_KEPT` rows: those with the smallest hashes, so that runs over the same or nearly the
same rows keep the same ones. They lie in `kept_rows.npz`, in the folder of the `evaluation`
artifact.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.scored_split import ScoredSplit, SliceColumn
from tfx_pipeline.storage.local_files import write_atomically

KEPT_ROWS_FILE = "kept_rows.npz"
MOST_KEPT = 100_000
_BETWEEN = ", "
"""Between the values of a row that has several of one column."""


@dataclass(frozen=True)
class KeptRows:
    """Scored rows.

    Attributes:
        ids: `[rows] uint64`, ascending: hash of the serialized example; equal rows share one.
        labels: `[rows] float64`, see `ScoredRows`.
        answers: by model (`candidate`, `baseline`, `linear`): `[rows]` or `[rows, classes]`.
        of: how many rows the split has.
        slices: by column: `[rows]` texts; empty where a row has no value.
        clusters: `[rows] int64`, see `Resampling`; None: each row is its own.
    """

    ids: NDArray[Any]
    labels: NDArray[Any]
    answers: Mapping[str, NDArray[Any]]
    of: int
    slices: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    clusters: NDArray[Any] | None = None

    @classmethod
    def of_split(cls, split: ScoredSplit, most: int = MOST_KEPT) -> KeptRows:
        """Keep the rows with the smallest ids; of equal ones, the first of the files."""
        rows = len(split.candidate.labels)
        ids = np.arange(rows, dtype=np.uint64) if split.ids is None else split.ids
        places = np.arange(rows)
        if rows > most:
            largest = np.partition(ids, most - 1)[most - 1]
            places = np.flatnonzero(ids <= largest)
        places = places[np.argsort(ids[places], kind="stable")][:most]
        models = {
            "candidate": split.candidate,
            "baseline": split.baseline,
            "linear": split.linear,
        }
        return cls(
            ids[places],
            split.candidate.labels[places],
            {name: x.answers[places] for name, x in models.items() if x is not None},
            rows,
            {name: _texts(column, places) for name, column in split.slices.items()},
            None if split.clusters is None else split.clusters[places],
        )

    def write(self, folder: Path) -> None:
        """Write them, whole or not at all."""
        arrays = {"ids": self.ids, "labels": self.labels}
        if self.clusters is not None:
            arrays["clusters"] = self.clusters
        # Names of columns can be anything, those of files cannot.
        arrays |= {f"answers_{place}": x for place, x in enumerate(self.answers.values())}
        columns = {name: np.unique(x, return_inverse=True) for name, x in self.slices.items()}
        arrays |= {f"codes_{place}": x.reshape(-1) for place, (_, x) in enumerate(columns.values())}
        named = {
            "of": self.of,
            "answers": list(self.answers),
            "slices": {name: x.tolist() for name, (x, _) in columns.items()},
        }
        arrays["names"] = np.frombuffer(json.dumps(named).encode(), np.uint8)
        content = io.BytesIO()
        np.savez(content, **arrays)
        write_atomically(folder / KEPT_ROWS_FILE, content.getvalue())

    @classmethod
    def read(cls, folder: Path) -> KeptRows:
        """Read what `write` wrote.

        Raises:
            FileNotFoundError: there is none.
            ValueError: the file is damaged.
        """
        file = folder / KEPT_ROWS_FILE
        content = file.read_bytes()
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as read:
                arrays = dict(read)
            named = json.loads(arrays["names"].tobytes())
            return cls(
                arrays["ids"],
                arrays["labels"],
                {name: arrays[f"answers_{place}"] for place, name in enumerate(named["answers"])},
                named["of"],
                {
                    name: np.array(values, object)[arrays[f"codes_{place}"]]
                    for place, (name, values) in enumerate(named["slices"].items())
                },
                arrays.get("clusters"),
            )
        except (KeyError, OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
            raise ValueError(f"{file} is damaged: {error}") from error


def _texts(column: SliceColumn, places: NDArray[Any]) -> NDArray[Any]:
    """Give the values of some rows, several of one row with a comma between."""
    texts = np.array([*column.values, ""], object)[column.codes[places]]
    place_of = dict(zip(places.tolist(), range(len(places)), strict=True))
    kept = column.further[np.isin(column.further[:, 0], places)]
    for row, code in kept.tolist():
        texts[place_of[row]] += _BETWEEN + column.values[code]
    return texts
