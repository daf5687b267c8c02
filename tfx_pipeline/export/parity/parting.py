"""Where an export and the model part: which feature operation, the head, or the answer.

No format is asked to show what it computes within: the same emitter writes the same operations
under another head, whose answer is what we want to see, and the same runtime answers with it. What
the NumPy form makes of that description is what it should be. So each transformed column is seen,
then the logits; what is left is the answer.

Terms:
    probe: such a description; a regression, whose value is what is looked at.
    window: of a transformed number, between the least and the largest of the rows looked at: the
        probe shows where it stands in it, from 0 to 1.
"""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export import numpy_form
from tfx_pipeline.export.facts import ExportFacts
from tfx_pipeline.export.formats import Format
from tfx_pipeline.export.parity.comparison import LIMIT, differences
from tfx_pipeline.export.parity.one_output import one_output, outputs_of
from tfx_pipeline.export.parity.showing import shown_by_a_layer, shown_by_pieces
from tfx_pipeline.export.rows import Answers, Rows
from tfx_pipeline.modules.description.heads import BlendHead, Head
from tfx_pipeline.modules.description.model_description import Answer, ModelDescription
from tfx_pipeline.modules.description.operations import Clock, Operation
from tfx_pipeline.wording import counted

_LOG = logging.getLogger(__name__)

_SEEN = 1e-5
"""Share of a window from which on a difference is one; float32 gives some 1e-7."""
_LONGEST_S = 60.0
"""Time for looking: of a thousand columns each takes long, and the export is refused anyhow."""
_ULPS = 64
"""Half the width, in ulps, of the window in which a tree's threshold is looked for."""


def parting(
    description: ModelDescription,
    facts: ExportFacts,
    of_format: Format,
    rows: Rows,
    answers: Answers,
) -> str:
    """Say in words where they part, on rows on which they do, the worst first.

    `answers` are those of the model: where the NumPy form gives others, no format is to blame.
    """
    formed = numpy_form.answers(description, rows)
    if (differences(description.answer, answers, formed) > LIMIT).any():
        return "the description: what was read of the model answers otherwise than the model"
    parts = _Parts(description, facts, of_format, rows)
    return parts.operations() or parts.thresholds() or parts.heads() or _answer(description.head)


class _Parts:
    def __init__(
        self, description: ModelDescription, facts: ExportFacts, of_format: Format, rows: Rows
    ) -> None:
        self._description, self._facts, self._format = description, facts, of_format
        self._rows = rows
        self._transformed = numpy_form.transformed(description, rows)
        self._are_pieces_true = True

    def operations(self) -> str:
        """Name the first operation whose column differs; "" if none does.

        What one head shows another one must show as well: else the head is to blame.
        """
        began = time.monotonic()
        for count, operation in enumerate(self._description.operations):
            if time.monotonic() - began > _LONGEST_S:
                of = f"the first {count} of {len(self._description.operations)} operations"
                return f"none of {of}: there was time for no more"
            name = operation.output
            values = np.asarray(self._transformed[name], np.float64)
            margin = np.maximum(1, np.abs(values).max(0))
            lows, highs = values.min(0) - margin, values.max(0) + margin
            gaps = self._gaps(shown_by_pieces(self._description, name, lows, highs - lows))
            if gaps.max() <= _SEEN:
                continue
            again = self._gaps(shown_by_a_layer(self._description, name, lows, highs - lows))
            if again.max() > _SEEN:
                return f"`{name}`: {described(operation)}; {_said(gaps)}"
            self._are_pieces_true = False
        return ""

    def thresholds(self) -> str:
        """Name an operation whose number differs by some ulps, if that leads a tree astray."""
        if not self._are_pieces_true:
            return ""
        first = {column: cells[:1] for column, cells in self._rows.items()}
        made = {name: values[:1] for name, values in self._transformed.items()}
        expected = numpy_form.logits(self._description, made)
        for operation in self._description.operations:
            name = operation.output
            if self._description.widths.get(name) != 1:
                continue
            ulps = self._ulps(name, first, made[name][0, 0])
            moved = made[name] + np.spacing(np.abs(made[name])) * np.float32(ulps)
            logits = numpy_form.logits(self._description, {**made, name: moved})
            if np.abs(logits - expected).max() > _SEEN:
                return f"`{name}`: {described(operation)}; by {ulps:.0f} ulp, at a threshold"
        return ""

    def _ulps(self, name: str, row: Rows, value: np.float32) -> float:
        """Say by how many ulps a number of one row differs; at most 64."""
        half = np.spacing(np.abs(value)) * np.float32(_ULPS)
        lows, widths = np.array([value - half]), np.array([2 * half])
        head = shown_by_pieces(self._description, name, lows, widths)
        (gap,) = self._differences(replace(self._description, head=head), row)
        return float(np.nan_to_num(gap)) * 2 * _ULPS

    def heads(self) -> str:
        """Name the head whose logits differ, or the member of a blend; "" if none does."""
        for head, words in _heads(self._description.head):
            gaps = self._gaps(head)
            if gaps.max() > _SEEN:
                return f"{words}, of equal transformed columns; {_said(gaps)}"
        return ""

    def _gaps(self, head: Head) -> NDArray[np.float64]:
        """Ask both for the logits of a head: the largest gap of each row, infinite for NaN.

        A probe that the format cannot say, or its runtime does not answer, shows nothing: the
        export is refused in any case.
        """
        largest = np.zeros(len(next(iter(self._rows.values()))))
        for probe in _probes(replace(self._description, head=head)):
            gaps = np.abs(self._differences(probe, self._rows))
            largest = np.maximum(largest, np.where(np.isnan(gaps), np.inf, gaps))
        return largest

    def _differences(self, probe: ModelDescription, rows: Rows) -> NDArray[np.float64]:
        """Give what the export says too much of a probe, those above 1 in relation to them."""
        probe = replace(probe, answer=Answer("regression"))
        expected = np.asarray(numpy_form.answers(probe, rows)["value"], np.float64)
        try:
            received = self._answers(probe, rows)
        except Exception as error:
            _LOG.debug("a probe is not answered: %s", error)
            return np.zeros(len(expected))
        with np.errstate(invalid="ignore"):
            return (received - expected) / np.maximum(1.0, np.abs(expected))

    def _answers(self, probe: ModelDescription, rows: Rows) -> NDArray[np.float64]:
        with tempfile.TemporaryDirectory(prefix="tfx-probe-") as folder:
            path = Path(folder) / self._format.file_name
            path.write_bytes(self._format.emit(probe, self._facts))
            return np.asarray(self._format.load(path)(rows)["value"], np.float64)


def _probes(description: ModelDescription) -> Iterator[ModelDescription]:
    """Give a description for each output of the head."""
    outputs = outputs_of(description.head)
    for output in range(outputs):
        head = one_output(description.head, output) if outputs > 1 else description.head
        yield replace(description, head=head)


def _heads(head: Head) -> Iterator[tuple[Head, str]]:
    """Give the members of a blend, then the whole, in words."""
    if isinstance(head, BlendHead):
        for number, member in enumerate(head.members, 1):
            yield member, f"member {number} of the blend, {type(member).__name__}"
    yield head, type(head).__name__


def _answer(head: Head) -> str:
    if outputs_of(head) == 1:
        return "the answer, which is made of equal logits"
    name = type(head).__name__
    return f"the answer, or {name} with all outputs at once: each logit alone is equal"


def described(operation: Operation) -> str:
    """Name an operation and its raw column."""
    clock = getattr(operation, "clock", None)
    column = clock.column if isinstance(clock, Clock) else operation.column  # type: ignore[union-attr]
    return f"{type(operation).__name__} of column `{column}`"


def _said(gaps: NDArray[np.float64]) -> str:
    count = int((gaps > _SEEN).sum())
    return f"{count} of the {counted(len(gaps), 'row')} looked at differ there"
