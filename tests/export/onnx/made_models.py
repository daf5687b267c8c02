"""Models by hand: every operation, every head, every task; and rows made to hurt them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.facts import ExportFacts, InputFacts
from tfx_pipeline.export.rows import Rows
from tfx_pipeline.modules.description.columns import Column, Ranks
from tfx_pipeline.modules.description.heads import (
    BlendHead,
    Conditions,
    Dense,
    Head,
    LinearHead,
    MlpHead,
    MlpIds,
    MlpNumbers,
    NetworkHead,
    PeriodicEmbedding,
    Tree,
    TreeColumns,
    TreesHead,
)
from tfx_pipeline.modules.description.model_description import Answer, ModelDescription
from tfx_pipeline.modules.description.operations import (
    Bucket,
    CalendarId,
    CalendarPart,
    CategoryId,
    Clock,
    IsMissing,
    NameValues,
    Operation,
    Periodic,
    Scaled,
    Words,
)

COLUMNS = (
    Column("miles", "float32", marks=("-1", "9999", "n/a")),
    Column("Fläche = m²", "float32"),
    Column("tiny", "float32"),
    Column("seconds", "int64", marks=("-999",)),
    Column("started", "int64"),
    Column("zip", "int64", is_name=True, marks=("0",)),
    Column("company", "string", marks=("?", "N/A")),
    Column("class", "string"),  # which an output is called as well
    Column("size", "string", parse=Ranks(("small", "large", "extra large"))),
    Column("grade", "int64", parse=Ranks(("1", "2", "10"))),
    Column("ratio", "float32"),
    Column("note", "string", marks=("-", "")),
    Column("unused", "string"),
)
PARTS: tuple[CalendarPart, ...] = (
    *("minute", "hour", "weekday", "month_day", "week", "month", "quarter", "year_day"),
)
_SIZES = dict(zip(PARTS, (61, 25, 8, 32, 54, 13, 5, 367), strict=True))
_FLOAT_MAX = float(np.finfo(np.float32).max)
_ZIPS = ("", "60601", "007", "9007199254740991", "9007199254740992", "-5")
NOTES = ("the", "cat", "Ärger", "the cat", "cat sat", "sat", "don", "x1")


def operations() -> tuple[Operation, ...]:
    """Make every operation, on every type of column."""
    berlin, utc = Clock("started", 1000, "Europe/Berlin"), Clock("seconds", 1, None)
    many = np.cumsum(np.linspace(0.01, 0.3, 200))
    companies = ("", "Blue", "Yellow Cab", "Ünïon", "7")
    weights = {word: 1 + 0.3 * place for place, word in enumerate(NOTES)}
    return (
        Scaled("miles_scaled", "miles", False, 2.5, 2.5, 3.0, 1e6),
        Scaled("area_scaled", "Fläche = m²", False, 10.0, 0.0, 1.0, _FLOAT_MAX),
        Scaled("tiny_scaled", "tiny", True, 1e-9, 1e-9, 1e-9, 1e6),
        Scaled("seconds_scaled", "seconds", True, 5.0, 5.5, 0.7, 1e6),
        Scaled("flat_scaled", "ratio", False, 1.0, 1.0, 0.0, 1e6),
        Scaled("size_scaled", "size", False, 1.0, 0.0, 2.0, 1e6),
        Scaled("grade_scaled", "grade", False, 1.0, 0.0, 2.0, 1e6),
        IsMissing("miles_missing", "miles"),
        IsMissing("seconds_missing", "seconds"),
        IsMissing("size_missing", "size"),
        Bucket("miles_bucket", "miles", np.array([0.0, float(np.float32(0.1)), 0.7, 1.5])),
        Bucket("seconds_bucket", "seconds", np.array([-5.0, 0.0, 60.0])),
        Bucket("area_bucket", "Fläche = m²", many),
        Bucket("ratio_bucket", "ratio", np.array([])),
        CategoryId("company_id", "company", companies, 1, "company_id"),
        CategoryId("class_id", "class", ("", "1st", "2nd"), 1, "class_id"),
        CategoryId("zip_id", "zip", _ZIPS, 1, "zip_id"),
        CategoryId(
            "ratio_id", "ratio", ("", "0.1", "7", "1e-07", "0.333333343", "0.3"), 1, "ratio_id"
        ),
        NameValues("company_target", "company", ("Blue", "", "Other"), _float32(3, 2)),
        NameValues("zip_average", "zip", ("60601", "60602"), _float32(2, 1)),
        Words("note_words", "note", 12, NOTES, 0, True, 2, None, 0.0),
        Words("class_words", "class", 9, NOTES, 0, False, 2, weights, 0.0),
        *(CalendarId(f"started_{part}_part", berlin, part) for part in PARTS),
        CalendarId("seconds_week_part", utc, "week"),
        CalendarId("miles_hour_part", Clock("miles", 1, "Asia/Kolkata"), "hour"),
        Periodic("started_periodic", berlin),
        Periodic("seconds_periodic", utc),
    )


def widths_and_sizes(made: Sequence[Operation]) -> tuple[dict[str, int], dict[str, int]]:
    """Tell widths and sizes of the transformed columns, by name, sorted."""
    widths, sizes = {}, {}
    for each in sorted(made, key=lambda operation: operation.output):
        if isinstance(each, Scaled | IsMissing):
            widths[each.output] = 1
        elif isinstance(each, NameValues):
            widths[each.output] = each.values.shape[1]
        elif isinstance(each, Words):
            widths[each.output] = each.width
        elif isinstance(each, Periodic):
            widths[each.output] = 6
        elif isinstance(each, Bucket):
            sizes[each.output] = len(each.boundaries) + 2
        elif isinstance(each, CategoryId):
            sizes[each.output] = len(each.names) + 1
        else:
            sizes[each.output] = _SIZES[each.part]
    return widths, sizes


def _float32(*shape: int, seed: int = 0, scale: float = 0.3) -> NDArray[np.float32]:
    random = np.random.default_rng([seed, *shape])
    return random.normal(0, scale, shape).astype(np.float32)


def linear(width: int, ids: int, columns: int, outputs: int) -> LinearHead:
    """Make a linear head that reads half of the numbers, and all ids."""
    taken = np.repeat(np.arange(0, width, 2, dtype=np.int32), 3)
    lows = _float32(len(taken), seed=1)
    return LinearHead(
        taken,
        lows,
        np.abs(_float32(len(taken), seed=2)) + np.float32(0.1),
        _float32(len(taken), outputs),
        _float32(ids, outputs),
        _float32(outputs),
    )


def network(width: int, ids: int, columns: int, outputs: int) -> NetworkHead:
    """Make a wide_deep head of which one number never varied."""
    varies = np.ones(width, np.float32)
    varies[0] = 0
    return NetworkHead(
        varies,
        Dense(_float32(width, outputs, scale=0.1), _float32(outputs)),
        _float32(ids, outputs),
        _float32(ids, 4),
        (
            Dense(_float32(width + 4 * columns, 16, scale=0.1), _float32(16)),
            Dense(_float32(16, 8), _float32(8)),
        ),
        "gelu",
        Dense(_float32(8, outputs), _float32(outputs)),
    )


def deep(width: int, ids: int, columns: int, outputs: int) -> NetworkHead:
    """Make a dnn head without hidden layers or ids."""
    last = Dense(_float32(width, outputs, scale=0.1), _float32(outputs))
    return NetworkHead(None, None, None, None, (), "relu", last)


def mlp(width: int, ids: int, columns: int, outputs: int) -> MlpHead:
    """Make an mlp of three members, with all that one can have."""
    places = np.arange(1, width, dtype=np.int32)
    many = np.array([0, 2, 3], np.int32)
    periodic = PeriodicEmbedding(_float32(3, 5), _float32(3, 5), _float32(3, 5, 4), _float32(3, 4))
    numbers = MlpNumbers(
        places, _float32(len(places)), np.abs(_float32(len(places))) + 0.5, 3.0, many, periodic
    )
    one_hot = np.array([[0, 1], [1, 7], [columns - 1, ids - 1]], np.int32)
    rows = np.arange(ids, dtype=np.int32) % 11
    encoded = len(places) + 12 + 3 + 2 * 3
    return MlpHead(
        numbers,
        MlpIds(one_hot, np.array([0, 2], np.int32), rows, _float32(11, 3)),
        1 + _float32(encoded),
        (
            Dense(_float32(3, encoded, 8, scale=0.1), _float32(3, 8)),
            Dense(_float32(3, 8, 6), _float32(3, 6)),
        ),
        "mish",
        Dense(_float32(3, 6, outputs), _float32(3, outputs)),
        (-2.0, 3.0) if outputs == 1 else None,
    )


def trees(width: int, ids: int, columns: int, outputs: int) -> TreesHead:
    """Make trees that ask of numbers with each fill, of ordered ids and of codes."""
    random = np.random.default_rng(7)
    flags = [_place("miles_missing"), _place("seconds_missing")]
    read = TreeColumns(
        np.arange(3, width, dtype=np.int32),
        np.array(flags, np.int32),
        np.array([[0, 0], [2, 5]], np.int32),
        np.array([1, columns - 1], np.int32),
        (np.arange(ids) % 9).astype(np.int32),
    )
    numbers = width - 3 + 2
    count = 60
    conditions = Conditions(
        np.concatenate([np.arange(30) % 2, random.integers(0, numbers, 30)]),  # 0, 1: with flags
        random.choice(np.array([-np.inf, np.inf, 0.0], np.float32), count),
        random.choice(np.array([0.0, 0.5, -0.3, 2.0, 1e-35], np.float32), count),
        random.integers(0, 2, 20).astype(np.int32),
        tuple(tuple(sorted(random.choice(9, 3, replace=False).tolist())) for _ in range(20)),
    )
    grown = [_tree(random, count + 20, 12) for _ in range(15 * outputs - 1)]
    single = Tree(*(np.zeros(0, np.int32) for _ in range(3)), np.array([0.25]))
    return TreesHead(read, conditions, (*grown, single), outputs)


def _place(output: str) -> int:
    """Tell where a transformed column begins among the numbers."""
    widths, _ = widths_and_sizes(operations())
    names = list(widths)
    return sum(widths[name] for name in names[: names.index(output)])


def _tree(random: np.random.Generator, conditions: int, leaves: int) -> Tree:
    """Grow a tree by splitting leaves at random."""
    asked, right, left = [], list[int](), list[int]()
    ends: list[tuple[list[int], int]] = []
    for node in range(leaves - 1):
        asked.append(int(random.integers(conditions)))
        if ends:
            side, place = ends.pop(int(random.integers(len(ends))))
            side[place] = node
        right.append(0)
        left.append(0)
        ends += [(right, node), (left, node)]
    for leaf, (side, place) in enumerate(ends):
        side[place] = -1 - leaf
    arrays = (np.array(x, np.int32) for x in (asked, right, left))
    return Tree(*arrays, random.normal(0, 0.2, leaves))


def blend(width: int, ids: int, columns: int, outputs: int) -> BlendHead:
    """Blend one of each family."""
    members = tuple(make(width, ids, columns, outputs) for make in (linear, mlp, trees))
    return BlendHead(members, (0.5, 0.2, 0.3))


HEADS = {each.__name__: each for each in (linear, network, deep, mlp, trees, blend)}
ANSWERS = {
    "binary": Answer("binary", ("no", "yes")),
    "decided": Answer("binary", ("no", "yes"), threshold=float(np.float32(0.6))),
    "multiclass": Answer("multiclass", ("a", "b", "ö")),
    "regression": Answer("regression", mean=180_000.0, deviation=70_000.0),
}


def model(head: str, answer: str, made: Sequence[Operation] | None = None) -> ModelDescription:
    """Make a model of all operations, or of some."""
    made = operations() if made is None else made
    widths, sizes = widths_and_sizes(made)
    outputs = 3 if answer == "multiclass" else 1
    shape = (sum(widths.values()), sum(sizes.values()), len(sizes), outputs)
    parts: Head = HEADS[head](*shape)
    return ModelDescription(COLUMNS, tuple(made), widths, sizes, parts, ANSWERS[answer])


def facts(description: ModelDescription) -> ExportFacts:
    """Say something of a model."""
    inputs = tuple(InputFacts(x.name, x.type, unit="m", low=0.0) for x in description.columns)
    example: Mapping[str, Any] = {"miles": float("nan"), "company": "Blue"}
    return ExportFacts(
        "made", "7", inputs, "f00", "CC0-1.0", "tfx-pipeline 0", example, {"probability": 0.25}
    )


_CELLS: dict[str, Sequence[Any]] = {
    "miles": [-1.0, 9999.0, 0.1, 0.7, 1.5, np.nextafter(np.float32(1.5), np.float32(0)), 0.0, -0.0],
    "Fläche = m²": [1e-3, 5.0, 1e30, -1e30, _FLOAT_MAX, -_FLOAT_MAX, 30.3],
    "tiny": [1e-9, 2e-9, 0.0, -3.0, 1e-12, 1.0, 5e-8],
    "seconds": [-999, 0, 1, 59.5, 60, 2.5, 3.5, -5.4, 1e15, -1e15, 9e18, -9e18, 2**53, 1.7e9],
    "started": [
        0,
        -1,
        1.7e12,
        1711846799999,
        1711846800000,
        -1e13,
        4e12,
        951782400000.5,
        1e18,
        1e30,
    ],
    "zip": [60601, 60602, 0, 60601.5, 7, 2**53 - 1, 2**53, -5, 9223372036854775807],
    "company": [
        "Blue",
        " ? ",
        "?",
        "N/A\t",
        "n/a",
        "Yellow Cab",
        "blue",
        "Ünïon",
        "7",
        " Blue",
        "  ",
    ],
    "class": ["1st", "2nd", "3rd", "the cat sat", "the the cat", "DON'T!! x1\vcat", "  ", "Ärger"],
    "size": ["small", "large", "extra large", "Small", " large", "huge"],
    "grade": [1, 2, 10, 3, 1.4, -1],
    "ratio": [0.1, 7, 1e-7, 1 / 3, 0.3, 0.30000004, 1e20, -7],
    "note": [
        " - ",
        "-",
        "--",
        "The CAT",
        "the cat sat on",
        "Ärger cat",
        "ärger",
        "DON'T\n",
        "\u00a0",
        "\t",
    ],
    "unused": ["x"],
}


def rows(count: int, seed: int = 0) -> Rows:
    """Make rows of cells that hurt, of missing ones, and of ordinary ones."""
    random = np.random.default_rng(seed)
    made: dict[str, NDArray[Any]] = {}
    for each in COLUMNS:
        choice: NDArray[Any]
        if each.type == "string":
            choice = np.array([*_CELLS[each.name], "", "🚕 naïve"], object)
            made[each.name] = random.choice(choice, count)
            continue
        dtype = np.float32 if each.type == "float32" else np.float64
        numbers = np.array([*_CELLS[each.name], np.nan, np.inf, -np.inf], np.float64).astype(dtype)
        ordinary = random.normal(1, 3, count) * (1e3 if each.type == "int64" else 1)
        made[each.name] = np.where(
            random.random(count) < 0.7, random.choice(numbers, count), ordinary.astype(dtype)
        )
    return made
