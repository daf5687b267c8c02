"""Small descriptions made by hand: every operation and every head.

`OPERATION_CASES` and `HEAD_CASES` give a description each, by name; `described_rows.rows_of` makes
rows for one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests.export.described_heads import HEAD_MAKERS, linear_head
from tfx_pipeline.modules.description.columns import (
    Column,
    MomentParse,
    NumberParse,
    Ranks,
)
from tfx_pipeline.modules.description.heads import Head
from tfx_pipeline.modules.description.model_description import Answer, ModelDescription
from tfx_pipeline.modules.description.operations import (
    Bucket,
    CalendarId,
    CategoryId,
    Clock,
    IsMissing,
    NameValues,
    Operation,
    Periodic,
    Scaled,
    Words,
)

FLOAT, WHOLE, TEXT = Column("x", "float32"), Column("n", "int64"), Column("t", "string")
CODE = Column("code", "int64", is_name=True)
PART_SIZES = {
    "minute": 60,
    "hour": 24,
    "weekday": 7,
    "month_day": 31,
    "week": 53,
    "month": 12,
    "quarter": 4,
    "year_day": 366,
}
ANSWERS = {
    "binary": Answer("binary", ("no", "yes"), 0.375),
    "unthresholded": Answer("binary", ("no", "yes")),
    "multiclass": Answer("multiclass", ("blue", "green", "rød")),
    "regression": Answer("regression", mean=180_921.2, deviation=79_442.5),
}
"""By name; outputs: 3 of multiclass, else 1."""


def described(
    columns: Sequence[Column],
    operations: Sequence[Operation],
    head: Callable[..., Head] = linear_head,
    answer: str = "binary",
) -> ModelDescription:
    """Put a description together; `head` makes one of widths, sizes and the number of outputs."""
    ordered = sorted(operations, key=lambda operation: operation.output)
    widths = {x.output: _width(x) for x in ordered if not is_id(x)}
    sizes = {x.output: _size(x) for x in ordered if is_id(x)}
    outputs = 3 if answer == "multiclass" else 1
    return ModelDescription(
        tuple(columns),
        tuple(ordered),
        widths,
        sizes,
        head(widths, sizes, outputs),
        ANSWERS[answer],
    )


def is_id(operation: Operation) -> bool:
    return isinstance(operation, Bucket | CategoryId | CalendarId)


def _width(operation: Operation) -> int:
    if isinstance(operation, NameValues):
        return int(operation.values.shape[1])
    if isinstance(operation, Words):
        return operation.width
    return 6 if isinstance(operation, Periodic) else 1


def _size(operation: Operation) -> int:
    if isinstance(operation, Bucket):
        return len(operation.boundaries) + 2
    if isinstance(operation, CategoryId):
        return len(operation.names) + operation.buckets
    return 1 + PART_SIZES[operation.part]


def scaled(column: str, **fields: Any) -> Scaled:
    usual = {"is_log": False, "fill": 2.5, "origin": 2.5, "unit": 1.75, "farthest": 1e6}
    return Scaled(f"{column}_scaled", column, **{**usual, **fields})


def _rough(column: str) -> Scaled:
    return scaled(column, fill=300.0, origin=300.0, unit=400.0)


def words(**fields: Any) -> Words:
    usual = {
        "width": 6,
        "vocabulary": ("car", "good", "a b", "Größe"),
        "hash_buckets": 0,
        "lower_case": True,
        "ngrams": 1,
        "weights": None,
        "unknown_weight": 0.0,
    }
    return Words("t_words", "t", **{**usual, **fields})


_RARITY = {"car": 1.25, "good": 1.75, "a b": 2.5, "Größe": 3.0}
_NAMES = ("", "a", "A", "7", "2.5", "Zürich", "a=b", "-3", "0.1", "1000000", "a b")
_VALUES = np.linspace(-1.5, 2, 2 * len(_NAMES)).reshape(-1, 2).astype(np.float32)
_ZONE = "America/New_York"


def _moments(clock: Clock) -> list[Operation]:
    parts = [CalendarId(f"{part}_part", clock, part) for part in PART_SIZES]
    return [*parts, Periodic("turn", clock)]


def _parsed(parse: Any, marks: Sequence[str] = ()) -> list[Column]:
    return [Column("t", "string", marks=tuple(marks), parse=parse)]


_OPERATIONS: dict[str, tuple[Sequence[Column], Sequence[Operation]]] = {
    "scaled": ([FLOAT], [scaled("x"), IsMissing("x_missing", "x")]),
    "scaled_whole": ([WHOLE], [scaled("n"), IsMissing("n_missing", "n")]),
    "scaled_log": ([FLOAT], [scaled("x", is_log=True, fill=1.5, origin=1.5)]),
    "scaled_minmax": ([FLOAT], [scaled("x", fill=4.0, origin=-2.0, unit=11.0)]),
    "scaled_none": ([FLOAT], [scaled("x", origin=0.0, unit=1.0, farthest=3.4028234663852886e38)]),
    "scaled_flat": ([FLOAT], [scaled("x", origin=0.0, unit=0.0), IsMissing("x_missing", "x")]),
    "marks": (
        [Column("x", "float32", marks=("9999", "-1", "?")), Column("n", "int64", marks=("-1",))],
        [scaled("x"), IsMissing("x_missing", "x"), scaled("n"), IsMissing("n_missing", "n")],
    ),
    "bucket": (
        [FLOAT],
        [Bucket("x_bucket", "x", np.array([-1.0, 0.0, float(np.float32(0.1)), 5]))],
    ),
    "bucket_whole": ([WHOLE], [Bucket("n_bucket", "n", np.array([0.0, 7.0, 2.0**53]))]),
    "category": ([TEXT], [CategoryId("t_id", "t", _NAMES, 1, "t_id")]),
    "category_marks": (
        [Column("t", "string", marks=("?", "N/A"))],
        [CategoryId("t_id", "t", _NAMES, 1, "t_id")],
    ),
    "category_whole": ([CODE], [CategoryId("code_id", "code", ("", "7", "-3", "1000000"), 1, "c")]),
    "category_float": ([FLOAT], [CategoryId("x_id", "x", _NAMES, 1, "x_id")]),
    "category_hashed": ([TEXT], [CategoryId("t_id", "t", _NAMES, 3, "t_id")]),
    "category_nameless": (  # no training row has a name often enough
        [FLOAT, CODE],
        [CategoryId("x_id", "x", ("",), 1, "x_id"), CategoryId("code_id", "code", ("",), 1, "c")],
    ),
    "values": ([TEXT], [NameValues("t_target", "t", _NAMES, _VALUES)]),
    "values_whole": ([CODE], [NameValues("code_average", "code", ("7", "-3"), _VALUES[:2])]),
    "words": ([TEXT], [words()]),
    "words_of_case": ([TEXT], [words(lower_case=False)]),
    "words_ngrams": ([TEXT], [words(ngrams=2)]),
    "words_weighed": ([TEXT], [words(ngrams=2, weights=_RARITY)]),
    "words_hashed": ([TEXT], [words(vocabulary=(), width=5, hash_buckets=5)]),
    "words_hashed_weighed": (
        [TEXT],
        [
            words(
                vocabulary=(),
                width=5,
                hash_buckets=5,
                weights={"0": 1.5, "3": 2.25},
                unknown_weight=3.5,
            )
        ],
    ),
    "moments": ([WHOLE], _moments(Clock("n", 1, None))),
    "moments_ms": ([WHOLE], _moments(Clock("n", 1000, None))),
    "moments_zone": ([WHOLE], _moments(Clock("n", 1, _ZONE))),
    "moments_ms_zone": ([WHOLE], _moments(Clock("n", 1000, _ZONE))),
    "moments_float": ([FLOAT], _moments(Clock("x", 1, None))),
    "moments_parsed": (
        _parsed(MomentParse("iso8601", _ZONE), ["?"]),
        [*_moments(Clock("t", 1, _ZONE)), scaled("t", fill=1.7e9, origin=1.7e9, unit=1e7)],
    ),
    "moments_pattern": (
        _parsed(MomentParse("%d-%b-%y %I:%M %p", None)),
        _moments(Clock("t", 1, None)),
    ),
    "parsed": (
        _parsed(NumberParse("$1,234.50"), ["-1", "n/a"]),
        [_rough("t"), IsMissing("m", "t")],
    ),
    "parsed_european": (_parsed(NumberParse("1.234,5 €")), [_rough("t")]),
    "parsed_accounting": (_parsed(NumberParse("(1,234)")), [_rough("t")]),
    "parsed_bounds": (_parsed(NumberParse("10+ years")), [_rough("t")]),
    "parsed_magnitudes": (_parsed(NumberParse("1.5k")), [_rough("t")]),
    "ranks": (_parsed(Ranks(("low", "middle", "hïgh"))), [scaled("t"), IsMissing("m", "t")]),
    "ranks_whole": (
        [Column("n", "int64", parse=Ranks(("3", "1", "7")))],
        [scaled("n"), IsMissing("n_missing", "n")],
    ),
    # Of some values no cell has the name.
    "ranks_float": (
        [Column("x", "float32", parse=Ranks(("0.10", "07", "-0", "5.0", "7", "0.1", "1e+30")))],
        [scaled("x"), IsMissing("x_missing", "x")],
    ),
    "ranks_no_cell": (
        [Column("n", "int64", parse=Ranks(("07", "7.0", "1_0", "1e3", "-3", "9007199254740993")))],
        [scaled("n"), IsMissing("n_missing", "n")],
    ),
}

OPERATION_CASES: dict[str, ModelDescription] = {
    name: described(*each) for name, each in _OPERATIONS.items()
}
"""Operations of each kind, below a linear head, by name."""

_MIXED = (
    [FLOAT, WHOLE, TEXT, CODE],
    [
        *(scaled("x"), IsMissing("x_missing", "x"), scaled("n"), IsMissing("n_missing", "n")),
        *(_OPERATIONS["bucket"][1][0], CategoryId("t_id", "t", _NAMES, 1, "t_id")),
        CategoryId("code_id", "code", ("", "7", "-3", "1000000"), 1, "code_id"),
        *(
            NameValues("t_target", "t", _NAMES, _VALUES),
            CalendarId("q", Clock("n", 1, None), "quarter"),
        ),
    ],
)
_ONE_KIND = {"numbers": _OPERATIONS["marks"], "ids": _OPERATIONS["category"]}

HEAD_CASES: dict[str, ModelDescription] = {
    **{
        f"{name}_{answer}": described(*_MIXED, make, answer)
        for (name, make), answer in itertools.product(HEAD_MAKERS.items(), ANSWERS)
    },
    **{
        f"{name}_of_{kind}": described(*parts, make)
        for (name, make), (kind, parts) in itertools.product(HEAD_MAKERS.items(), _ONE_KIND.items())
    },
}
"""Each head for each task, above some numbers and ids; and above numbers or ids alone."""
