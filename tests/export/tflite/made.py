"""Descriptions with every operation and head that TFLite can say, and rows made to hurt."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

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
    CategoryId,
    Clock,
    IsMissing,
    NameValues,
    Operation,
    Periodic,
    Scaled,
)

PARTS = ("minute", "hour", "weekday", "month_day", "week", "month", "quarter", "year_day")
SIZES = (60, 24, 7, 31, 53, 12, 4, 366)
FAMILIES = ("linear", "network", "wide", "mlp", "trees", "blend")
ANSWERS = {
    "binary": Answer("binary", ("no", "yés"), float(np.float32(0.3))),
    "multiclass": Answer("multiclass", ("a", "", "ünï")),
    "regression": Answer("regression", (), None, 180_000.0, 75_000.0),
}
FACTS = ExportFacts(
    name="taxi",
    version="7",
    inputs=(InputFacts("miles", "float32", True, "mile", "how far", 0.0, None),),
    data_fingerprint="abc",
    licence="CC0",
    made_by="tfx-pipeline",
    example={"miles": float("nan")},
    answer={"probability": 0.5},
)
COLUMNS = (
    Column("miles", "float32", marks=("9999", "-1", "n/a", "1e39")),
    Column("fare per km", "float32"),
    Column("count", "int64", marks=("-1", "999", "0.5")),
    Column("area", "int64", is_name=True, marks=("0",)),
    Column("company", "string", marks=("?", "N/A")),
    Column("size", "string", marks=("-",), parse=Ranks(("small", "middle", "large"))),
    Column("start", "int64"),
    Column("start_ms", "int64"),
    Column("start_float", "float32"),
)


def _scaled(column: str, values: tuple[float, float, float], **more: Any) -> Scaled:
    fill, origin, unit = values
    settings = {"is_log": False, "farthest": 1e6} | more
    return Scaled(f"{column}_scaled", column, fill=fill, origin=origin, unit=unit, **settings)


def operations() -> tuple[Operation, ...]:
    random = np.random.default_rng(0)
    names = ("", "7", "-3", "12", "9007199254740991")
    fractions = ("0.1", "1.5", "7", "-2", "1e+20", "3.4028235e+38", "16777216")
    clocks = {
        "start": Clock("start", 1, "America/Chicago"),
        "start_ms": Clock("start_ms", 1000, None),
        "start_float": Clock("start_float", 1, "Asia/Kolkata"),
    }
    parts = [
        CalendarId(f"{name}_{part}_part", clock, part)  # type: ignore[arg-type]
        for name, clock in clocks.items()
        for part in PARTS
    ]
    return (
        _scaled("miles", (0.7, 0.7, 1.3), is_log=True),
        _scaled("fare per km", (2.0, -1e-3, 3e-5)),
        _scaled("count", (12.5, 3.0, 96.0)),
        _scaled("start", (1.6e9, 1.6e9 + 0.25, 3e7)),
        _scaled("start_ms", (1.6e12, 0.0, 1.0), farthest=float(np.finfo(np.float32).max)),
        _scaled("start_float", (21.0, 21.1, 0.03), is_log=True),
        _scaled("size", (1.2, 1.2, 0.4)),
        *(IsMissing(f"{x}_missing", x) for x in ("miles", "fare per km", "count", "size")),
        Bucket("miles_bucket", "miles", np.sort(random.normal(5, 9, 9).astype(np.float32))),
        Bucket("fare_bucket", "fare per km", np.array([-0.1, 0.0, 0.1, 0.7, 2.5, 1e300])),
        Bucket("count_bucket", "count", np.array([-1e300, -2.5, 0, 1.5, 7, 2.0**53, 1e19])),
        Bucket("start_bucket", "start", np.sort(random.uniform(0, 2e9, 60))),
        Bucket("size_bucket", "size", np.array([0.5, 1.0])),
        CategoryId("area_id", "area", names, 1, "area_id"),
        CategoryId("count_id", "count", ("", "1", "2", "3"), 1, "count_id"),
        CategoryId("fare_id", "fare per km", ("", *fractions), 1, "fare_id"),
        CategoryId("company_id", "company", ("", "Blüe", "a=b", " ", "taxi"), 1, "company_id"),
        NameValues("company_target", "company", ("taxi", ""), np.array([[0.5], [-2]], np.float32)),
        NameValues("area_average", "area", ("12", "5"), random.normal(size=(2, 3)).astype("f4")),
        NameValues("miles_average", "miles", ("1.5", "7"), np.array([[1], [2]], np.float32)),
        *parts,
        Periodic("start_periodic", clocks["start"]),
        Periodic("ms_periodic", clocks["start_ms"]),
        Periodic("float_periodic", clocks["start_float"]),
    )


WIDTHS = {
    "miles_scaled": 1,
    "miles_missing": 1,
    "fare per km_scaled": 1,
    "fare per km_missing": 1,
    "count_scaled": 1,
    "count_missing": 1,
    "start_scaled": 1,
    "start_float_scaled": 1,
    "size_scaled": 1,
    "size_missing": 1,
    "start_periodic": 6,
    "ms_periodic": 6,
    "float_periodic": 6,
    "company_target": 1,
    "area_average": 3,
    "miles_average": 1,
}
ID_SIZES = {
    "miles_bucket": 11,
    "fare_bucket": 8,
    "count_bucket": 9,
    "start_bucket": 62,
    "size_bucket": 4,
    "area_id": 6,
    "count_id": 5,
    "fare_id": 9,
    "company_id": 6,
    **{
        f"{name}_{part}_part": 1 + size
        for name in ("start", "start_ms", "start_float")
        for part, size in zip(PARTS, SIZES, strict=True)
    },
}


def described(family: str, task: str = "binary", activation: str = "relu") -> ModelDescription:
    """Make a model of a family with every operation."""
    outputs = 3 if task == "multiclass" else 1
    head = head_of(family, outputs, activation)
    return ModelDescription(COLUMNS, operations(), WIDTHS, ID_SIZES, head, ANSWERS[task])


def head_of(family: str, outputs: int = 1, activation: str = "relu") -> Head:
    random = np.random.default_rng(7)

    def drawn(*shape: int, size: float = 1.0) -> Any:
        return (size * random.normal(size=shape)).astype(np.float32)

    width, ids, columns = sum(WIDTHS.values()), sum(ID_SIZES.values()), len(ID_SIZES)
    if family == "linear":
        places = random.integers(0, width, 40).astype(np.int32)
        widths = random.uniform(0.1, 2, 40).astype(np.float32)
        return LinearHead(
            places, drawn(40), widths, drawn(40, outputs, size=0.2),
            drawn(ids, outputs, size=0.2), drawn(outputs),
        )  # fmt: skip
    if family in ("network", "wide"):
        sizes = [width + 4 * columns, 24, 16]
        hidden = tuple(
            Dense(drawn(x, y, size=x**-0.5), drawn(y)) for x, y in itertools.pairwise(sizes)
        )
        varies = (random.random(width) < 0.8).astype(np.float32)
        varies[:8] = 0  # numbers that reach 1e6 would hide all others
        is_wide = family == "wide"
        return NetworkHead(
            varies,
            Dense(drawn(width, outputs, size=0.1), drawn(outputs)) if is_wide else None,
            drawn(ids, outputs, size=0.1) if is_wide else None,
            drawn(ids, 4),
            hidden,
            activation,
            Dense(drawn(16, outputs, size=0.3), drawn(outputs)),
        )
    if family == "mlp":
        return _mlp(drawn, random, outputs, activation)
    if family == "trees":
        return _trees(random, outputs)
    members = tuple(head_of(each, outputs) for each in ("linear", "mlp", "trees"))
    return BlendHead(members, (0.2, 0.3, 0.5))


def _mlp(drawn: Any, random: Any, outputs: int, activation: str) -> MlpHead:
    ids, members = sum(ID_SIZES.values()), 3
    places = np.arange(0, sum(WIDTHS.values()), 2, dtype=np.int32)
    many = np.array([0, 2, 3], np.int32)
    periodic = PeriodicEmbedding(drawn(3, 5), drawn(3, 5), drawn(3, 5, 2), drawn(3, 2))
    numbers = MlpNumbers(
        places, drawn(len(places)), np.abs(drawn(len(places))), 3.0, many, periodic
    )
    one_hot = np.array([[4, x + sum(list(ID_SIZES.values())[:4])] for x in range(4)], np.int32)
    rows = random.integers(0, 30, ids).astype(np.int32)
    encoding = MlpIds(one_hot, np.array([5, 9, 10], np.int32), rows, drawn(30, 8))
    width = len(places) + 6 + 4 + 24
    hidden = tuple(
        Dense(drawn(members, x, y, size=x**-0.5), drawn(members, y))
        for x, y in ((width, 24), (24, 16))
    )
    last = Dense(drawn(members, 16, outputs, size=0.5), drawn(members, outputs))
    limits = (-1.5, 2.5) if activation == "mish" else None
    return MlpHead(numbers, encoding, np.abs(drawn(width)), hidden, activation, last, limits)


def _trees(random: Any, outputs: int) -> TreesHead:
    numbers = list(WIDTHS)
    starts = dict(zip(ID_SIZES, np.cumsum([0, *ID_SIZES.values()]), strict=False))
    order = list(ID_SIZES)
    scaled = ("miles", "fare per km", "count", "size", "start", "start_float")
    places = np.array([numbers.index(f"{x}_scaled") for x in scaled])
    periodic = sum(WIDTHS[x] for x in numbers[: numbers.index("start_periodic")])
    others = [periodic + x for x in range(18)] + [periodic + 18, periodic + 21]
    places = np.array([*places, *others])
    missing = np.array([numbers.index(f"{x}_missing") for x in scaled[:4]])
    ordered = np.array([[order.index(x), starts[x]] for x in ("miles_bucket", "start_hour_part")])
    categories = np.array([order.index(x) for x in ("company_id", "area_id", "fare_id")])
    codes = random.integers(0, 5, sum(ID_SIZES.values())).astype(np.int32)
    columns = TreeColumns(places, missing, ordered, categories, codes)
    count = 120
    number_columns = random.integers(0, len(places) + len(ordered), count)
    fills = random.choice(np.array([-np.inf, np.inf, 0], np.float32), count)
    thresholds = random.normal(size=count).astype(np.float32)
    thresholds[-30:] = np.sin(np.linspace(-1.6, 1.6, 30))
    is_id = number_columns >= len(places)
    thresholds[is_id] = np.abs(np.round(5 * thresholds[is_id])) + np.float32(0.5)
    left = tuple(tuple(np.flatnonzero(random.random(5) < 0.4).tolist()) for _ in range(12))
    conditions = Conditions(
        number_columns, fills, thresholds, random.integers(0, len(categories), 12), left
    )
    trees = tuple(
        _tree(random, count + 12, 0 if i == 3 else 1 + i % 9) for i in range(20 * outputs)
    )
    return TreesHead(columns, conditions, trees, outputs)


def _tree(random: Any, conditions: int, nodes: int) -> Tree:
    """Grow a tree by splitting a leaf at random, again and again."""
    right, left = np.zeros(nodes, int), np.zeros(nodes, int)
    leaves = [(None, -1)]
    for node in range(nodes):
        parent, side = leaves.pop(random.integers(len(leaves)))
        if parent is not None:
            (right if side else left)[parent] = node
        leaves += [(node, 0), (node, 1)]
    for place, (parent, side) in enumerate(leaves):
        if parent is not None:
            (right if side else left)[parent] = -1 - place
    values = random.normal(size=len(leaves)) * 0.2
    return Tree(random.integers(0, conditions, nodes), right, left, values)


def hurting_rows(count: int = 400, seed: int = 3) -> Rows:
    """Make rows of usual and of bad cells."""
    random = np.random.default_rng(seed)
    f32 = np.finfo(np.float32)
    bad = [np.nan, np.inf, -np.inf, 0.0, -0.0, f32.max, f32.min, f32.tiny, 1e20, -1, 9999, 7, 0.1]
    bad += [1.5, -2, 16777216, 0.7, 2.5, 1e-10, -1e-3]
    beside = [np.nextafter(np.float32(bad), np.float32(to)) for to in (f32.max, f32.min)]
    near = np.concatenate([bad, *beside]).astype(np.float32)
    near[np.abs(near) < f32.tiny] = f32.tiny  # TensorFlow's threads take what is nearer to 0 for it
    wide = [np.nan, np.inf, -np.inf, 0.0, -0.0, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 7, 7.5, 12, -3, -1]
    wide += [1e300, -1e300, 2.0**53, 2.0**53 - 1, -(2.0**53), 2.0**63, -(2.0**63), 2.0**62, 5e-324]
    wide += [999, 1e15 + 0.5, 2.0**52 + 0.5, 4503599627370495.5, 1e18, 0.49999999999999994, -1e-300]
    doubles = np.concatenate([wide, np.nextafter(wide, np.inf), np.nextafter(wide, -np.inf)])
    texts = ["", "taxi", "Taxi", "Blüe", "a=b", " ", "?", " ? ", "N/A\t", "zz", "日本", "x" * 300]
    ranks = ["small", "middle", "large", "Large", "", "-", " -", "huge"]

    def mixed(usual: Any, unusual: Any) -> Any:
        is_bad = random.random(count) < 0.4
        return np.where(is_bad, random.choice(unusual, count), usual)

    moments = random.integers(-4_000_000_000, 8_000_000_000, count).astype(float)
    rows = {
        "miles": mixed(random.gamma(2, 5, count), near).astype(np.float32),
        "fare per km": mixed(random.normal(0, 1e-4, count), near).astype(np.float32),
        "count": mixed(random.integers(-5, 200, count), doubles),
        "area": mixed(random.integers(-5, 14, count), doubles),
        "company": random.choice(np.array(texts, object), count),
        "size": random.choice(np.array(ranks, object), count),
        "start": mixed(moments, doubles),
        "start_ms": mixed(np.round(moments * 1000 + random.integers(0, 999, count)), doubles),
        "start_float": mixed(moments, near).astype(np.float32),
    }
    rows["start"][:4] = [1_300_000_000, 951_782_399, 951_782_400, -1]  # about a 29 February
    return rows
