"""The gate: an export that answers otherwise than the model is refused, with what shows why."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.errors import Problem
from tfx_pipeline.export import numpy_form
from tfx_pipeline.export.errors import ParityError
from tfx_pipeline.export.facts import ExportFacts
from tfx_pipeline.export.formats import Format
from tfx_pipeline.export.parity.comparison import LIMIT, differences
from tfx_pipeline.export.parity.parting import parting
from tfx_pipeline.export.parity.steadiness import noise_of
from tfx_pipeline.export.rows import Answers, Rows, Runtime
from tfx_pipeline.modules.description.model_description import ModelDescription
from tfx_pipeline.wording import counted, listed

_WORST = 10
"""Rows that a refusal shows."""
_DIGITS = 9  # tell every float32 from every other


@dataclass(frozen=True)
class ProvenRows:
    """The rows that an export is proven on, and the model's answers.

    Attributes:
        cells: real rows, then those made to hurt.
        answers: of the SavedModel.
        hurts: of each row, what was changed in it, by column; empty for a real one.
        real: how many are real.
    """

    cells: Rows
    answers: Answers
    hurts: Sequence[Mapping[str, str]]
    real: int


@dataclass(frozen=True)
class Equality:
    """How equal an export is.

    Attributes:
        largest_difference: see `comparison`, of the steady rows.
        largest_real_difference: of those that are real.
        unsteady: rows that differ by more than the limit, and by no more than what rounding makes
            of the model's own answer: see `steadiness`.
    """

    largest_difference: float
    largest_real_difference: float
    unsteady: int


def prove(
    description: ModelDescription,
    facts: ExportFacts,
    of_format: Format,
    runtime: Runtime,
    rows: ProvenRows,
) -> Equality:
    """Compare an export's answers with the model's; give what was found.

    Raises:
        ParityError: a difference is above the limit, or the runtime refuses the rows.
    """
    try:
        received = runtime(rows.cells)
        sizes = differences(description.answer, rows.answers, received)
    except Exception as error:  # a runtime raises what it likes
        problem = Problem(
            "the runtime does not answer the rows",
            of_format.name,
            f"{type(error).__name__}: {error}",
            f"answers to all {counted(len(rows.hurts), 'row')}",
            _next_step(of_format),
        )
        raise ParityError([problem], _title(facts, of_format)) from error
    unsteady = _unsteady(description, rows.cells, sizes)
    steady_sizes = np.where(unsteady, 0.0, sizes)
    if (steady_sizes <= LIMIT).all():
        largest, of_real = steady_sizes.max(initial=0.0), steady_sizes[: rows.real].max(initial=0.0)
        return Equality(float(largest), float(of_real), int(unsteady.sum()))
    raise _refusal(description, facts, of_format, rows, received, steady_sizes)


def _refusal(
    description: ModelDescription,
    facts: ExportFacts,
    of_format: Format,
    rows: ProvenRows,
    received: Answers,
    sizes: NDArray[np.float64],
) -> ParityError:
    """Say where they part, and show the worst rows."""
    worst = np.argsort(-sizes, kind="stable")[:_WORST]
    worst = worst[sizes[worst] > LIMIT]
    cells = {name: values[worst] for name, values in rows.cells.items()}
    answers = {name: values[worst] for name, values in rows.answers.items()}
    where = parting(description, facts, of_format, cells, answers)
    count = counted(int((sizes > LIMIT).sum()), "row")
    problem = Problem(
        f"they part at {where}",
        of_format.name,
        f"{count} of {len(sizes):,} beyond the limit, by {sizes.max():.3g} at most",
        f"{LIMIT:g} at most, and the same classes",
        _next_step(of_format),
    )
    shown = _row_problems(description, rows, received, sizes, worst)
    return ParityError([problem, *shown], _title(facts, of_format))


def _unsteady(
    description: ModelDescription, rows: Rows, sizes: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Say which rows differ no more than rounding makes the model itself: `[rows] bool`."""
    unsteady = np.zeros(len(sizes), bool)
    beyond = np.flatnonzero((sizes > LIMIT) & np.isfinite(sizes))
    if len(beyond):
        cells = {name: values[beyond] for name, values in rows.items()}
        unsteady[beyond] = sizes[beyond] <= noise_of(description, cells)
    return unsteady


def runtime_version(of_format: Format) -> str:
    """Give the version of the library that proves a format; "" where it is not installed so."""
    try:
        return metadata.version(of_format.runtime)
    except metadata.PackageNotFoundError:
        return ""


def _title(facts: ExportFacts, of_format: Format) -> str:
    runtime = f"{of_format.runtime} {runtime_version(of_format)}".strip()
    return (
        f"{of_format.name} of {facts.name} {facts.version} is refused: it does not answer as the"
        f" model does (read by {runtime})"
    )


def _next_step(of_format: Format) -> str:
    return (
        f"no file was written. Leave {of_format.name} out, or what is named here out of the"
        " features; and report it: a bug of the export, or of a version of its runtime"
    )


def _row_problems(
    description: ModelDescription,
    rows: ProvenRows,
    received: Answers,
    sizes: NDArray[np.float64],
    worst: NDArray[np.int64],
) -> list[Problem]:
    """Show rows: raw cells, those first that were changed, transformed columns, both answers."""
    cells = {name: values[worst] for name, values in rows.cells.items()}
    transformed = numpy_form.transformed(description, cells)
    problems = []
    for place, row in enumerate(worst.tolist()):
        hurts = rows.hurts[row]
        words = listed([f"`{name}` {hurt}" for name, hurt in hurts.items()])
        kind = f"made to hurt: {words}" if hurts else "of the eval split"
        names = sorted(cells, key=lambda name: name not in hurts)
        raw = _shown({name: cells[name][place] for name in names})
        numbers = _shown({name: values[place] for name, values in transformed.items()})
        problems.append(
            Problem(
                f"differs by {sizes[row]:.3g}: raw {raw}; transformed {numbers}",
                f"row {row} ({kind})",
                _shown({name: values[row] for name, values in received.items()}),
                _shown({name: values[row] for name, values in rows.answers.items()}),
            )
        )
    return problems


def _shown(values: Mapping[str, Any]) -> str:
    """Write values as JSON, numbers with as many digits as tell them apart."""
    return json.dumps({name: _plain(value) for name, value in values.items()}, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        values = [_plain(x) for x in value.tolist()]
        return values[0] if len(values) == 1 else values
    if isinstance(value, np.generic):
        value = value.item()
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value
