"""Expressions of PMML.

https://dmg.org/pmml/v4-4-1/Transformations.html and …/BuiltinFunctions.html

An expression is XML, as text. A function that gets a missing value is refused by one evaluator,
and gives a missing one in another: so none gets one, see `given`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tfx_pipeline.export.pmml.writing.xml import element, escaped, number

_PASSED_ON = ("<FieldRef", '<Apply function="if" invalidValueTreatment')
_LONG_TABLE = 200
_SHORT_NAMES, _LONG_NAMES = ("k", "v"), ("data:input", "data:output")
"""Of a table's columns. Those of a long one have names that JPMML reads ten times as fast."""


def ref(field: str) -> str:
    """Refer to a field."""
    return element("FieldRef", field=field)


def constant(value: float) -> str:
    """Write a number."""
    return f'<Constant dataType="double">{number(value)}</Constant>'


def text(value: str) -> str:
    """Write a text."""
    return f'<Constant dataType="string">{escaped(value)}</Constant>'


def apply(function: str, *arguments: str | float) -> str:
    """Apply a built-in function to expressions, and to numbers."""
    given = [x if isinstance(x, str) else constant(x) for x in arguments]
    # A cell that the dictionary does not list goes on as it is; what is computed of it is new.
    is_passed_on = function == "if" and any(x.startswith(_PASSED_ON) for x in given[1:])
    treatment = "asIs" if is_passed_on else None
    return element("Apply", *given, function=function, invalidValueTreatment=treatment)


def given(field: str, expression: str) -> str:
    """Give the expression where a field has a value; else a missing one."""
    return apply("if", apply("isNotMissing", ref(field)), expression)


def floor_divided(value: str, divisor: float) -> str:
    """Divide whole numbers below 2**53, rounding down: exact, see `calendar`."""
    return apply("floor", apply("/", value, divisor))


def clipped(value: str, low: float, high: float) -> str:
    """Keep a number between two others."""
    return apply("min", apply("max", value, low), high)


def total(terms: Sequence[str]) -> str:
    """Add numbers, of which there is at least one."""
    return terms[0] if len(terms) == 1 else apply("sum", *terms)


def looked_up(
    field: str,
    pairs: Iterable[tuple[str, str]],
    data_type: str,
    default: str | None,
    missing: str | None,
) -> str:
    """Look a field up in a table of keys and values, which are texts.

    `default` stands for what is not there, `missing` for a missing value; None: also missing.
    """
    cells = [(escaped(key), escaped(value)) for key, value in pairs]
    cells = cells or [("0", default or "0")]  # a table has a row; this one adds nothing
    k, v = _LONG_NAMES if len(cells) > _LONG_TABLE else _SHORT_NAMES
    rows = [f"<row><{k}>{key}</{k}><{v}>{value}</{v}></row>" for key, value in cells]
    return element(
        "MapValues",
        element("FieldColumnPair", field=field, column=k),
        element("InlineTable", *rows),
        outputColumn=v,
        dataType=data_type,
        defaultValue=default,
        mapMissingTo=missing,
    )


def stepped(field: str, bounds: Sequence[float], values: Sequence[float], data_type: str) -> str:
    """Give values[i] where i of the ascending bounds are at most the field's value, a number.

    A missing value stays missing.
    """
    bins, lows, highs = [], [None, *bounds], [*bounds, None]
    for low, high, value in zip(lows, highs, values, strict=True):
        if low is not None and low == high:
            continue
        interval = element(
            "Interval",
            closure="openOpen" if low is None else "closedOpen",
            # Margins of one type: one evaluator compares 7 and 7.5 as two.
            leftMargin=None if low is None else repr(float(low)),
            rightMargin=None if high is None else repr(float(high)),
        )
        written = str(int(value)) if data_type == "integer" else number(value)
        bins.append(element("DiscretizeBin", interval, binValue=written))
    return element("Discretize", *bins, field=field, dataType=data_type)
