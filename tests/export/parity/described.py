"""Small descriptions, by hand, whose landmarks a reader can reckon."""

from dataclasses import replace

import numpy as np

from tfx_pipeline.modules.description.columns import Column, MomentParse, NumberParse, Ranks
from tfx_pipeline.modules.description.heads import (
    BlendHead,
    Conditions,
    LinearHead,
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
    Scaled,
)

COLUMNS = (
    Column("fare", "float32", marks=("-99",)),
    Column("miles", "float32"),
    Column("area", "int64", is_name=True),
    Column("started", "int64"),
    Column("way", "string"),
    Column("price", "string", parse=NumberParse("1.234,5 €")),
    Column("day", "string", parse=MomentParse("%d.%m.%Y", None)),
    Column("size", "string", parse=Ranks(("small", "large"))),
)
OPERATIONS = (
    Scaled("fare_scaled", "fare", False, 10.0, 10.0, 4.0, 1e6),
    IsMissing("fare_missing", "fare"),
    Scaled("miles_scaled", "miles", True, 1.0, 1.0, 0.5, 1e6),
    Scaled("price_scaled", "price", False, 100.0, 100.0, 20.0, 1e6),
    Scaled("size_scaled", "size", False, 0.5, 0.5, 0.5, 1e6),
    Bucket("fare_bucket", "fare", np.array([5.0, 12.5])),
    CategoryId("area_id", "area", ("", "7", "33"), 1, "area_id"),
    CategoryId("way_id", "way", ("", "Cash", "Karte 7"), 1, "way_id"),
    CalendarId("hour", Clock("started", 1, None), "hour"),
    CalendarId("weekday", Clock("day", 1, None), "weekday"),
)
WIDTHS = dict.fromkeys(
    ("fare_scaled", "fare_missing", "miles_scaled", "price_scaled", "size_scaled"), 1
)
SIZES = {"fare_bucket": 4, "area_id": 4, "way_id": 4, "hour": 25, "weekday": 8}
IDS = sum(SIZES.values())
PARSED = ("price", "day")
PLAIN_IDS = IDS - SIZES["weekday"]
"""Without columns whose texts are parsed, which not every format can."""


def i32(*values):
    return np.array(values, np.int32)


def f32(*values):
    return np.array(values, np.float32)


def linear(outputs=1, ids=IDS):
    random = np.random.default_rng(0)
    return LinearHead(
        i32(0, 2, 3),
        f32(-1, 0, -2),
        f32(2, 1, 4),
        random.normal(size=(3, outputs)).astype(np.float32),
        random.normal(size=(ids, outputs)).astype(np.float32),
        np.zeros(outputs, np.float32),
    )


def trees(outputs=1, ids=IDS):
    """Parts from fare_scaled = 0.5 on, which is fare = 12, where NaN goes left; then at way_id."""
    columns = TreeColumns(i32(0, 2), i32(1), np.zeros((0, 2), np.int32), i32(2), codes(ids))
    conditions = Conditions(
        i32(0, 1),
        f32(-np.inf, np.inf),
        f32(np.nextafter(np.float32(0.5), np.float32(0)), -0.25),
        i32(0),
        ((1,),),
    )
    tree = Tree(i32(0, 1, 2), i32(1, -1, -2), i32(2, -3, -4), np.array([1.5, -0.5, 0.25, -1.0]))
    return TreesHead(columns, conditions, (tree,) * outputs, outputs)


def codes(ids):
    values = np.zeros(ids, np.int32)
    values[4 + 4 + 1] = 1  # Cash
    return values


def description(head=None, answer=None):
    answer = answer or Answer("binary", ("no", "yes"), 0.5)
    return ModelDescription(COLUMNS, OPERATIONS, WIDTHS, SIZES, head or linear(), answer)


def plain_description(head, answer=None):
    """Describe a model that every format can say; `head` has `PLAIN_IDS`."""
    whole = description(head, answer)
    names = {x.output for x in OPERATIONS if raw_column(x) in PARSED}
    return replace(
        whole,
        columns=tuple(x for x in COLUMNS if x.name not in PARSED),
        operations=tuple(x for x in OPERATIONS if x.output not in names),
        widths={name: width for name, width in WIDTHS.items() if name not in names},
        sizes={name: size for name, size in SIZES.items() if name not in names},
    )


def raw_column(operation):
    return operation.clock.column if isinstance(operation, CalendarId) else operation.column


def blend(outputs=1, ids=IDS):
    return BlendHead((linear(outputs, ids), trees(outputs, ids)), (0.5, 0.5))
