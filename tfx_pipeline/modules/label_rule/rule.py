"""Rules over the columns of a table: how the label follows from them, and what they must be.

This is the one place of the label for training, evaluation and monitoring, and the one language of
data tests as well. It needs only the standard library; arrays of NumPy and tensors of TensorFlow
alike go through `LabelRule.evaluate`.

Terms:
    number: array `[batch]`, computed with in float64 (see `arithmetic`); missing is NaN.
    text: array `[batch]` of `str` (NumPy) or `tf.string` (TensorFlow); missing is "".
    unknown label: that of a row in which a value is missing that the rule reads, or in which a
        number of the rule is not finite (a division by zero). Such a row is neither trained on
        nor evaluated: its `label_known` is 0.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from tfx_pipeline.modules.label_rule.arithmetic import Number
from tfx_pipeline.modules.label_rule.check import (
    ALLOWED,
    ARITHMETIC,
    BOOLEAN,
    TEXT,
    RuleCheck,
    RuleNames,
    asked_column,
    pairs,
)

LABEL = "label"
"""Transformed column of the label: `[batch, 1]`, int64 class id, or float32 for regression."""
LABEL_KNOWN = "label_known"
"""Transformed column `[batch, 1] float32`: 1 where the label is known, else 0 (label is 0)."""
LABEL_WEIGHT = "label_weight"
"""Transformed column `[batch, 1] float32`: how much a row counts in training; NaN: nobody says."""

_EXACT_FLOAT32 = 2.0**24
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.invert,
}
_CONNECTIVES: dict[type[ast.boolop], Callable[[Any, Any], Any]] = {
    ast.And: operator.and_,
    ast.Or: operator.or_,
}


@dataclass(frozen=True)
class LabelRule:
    """A parsed rule such as `tips > 0.2 * fare`.

    Attributes:
        text: the rule as written.
        columns: the columns that it reads.
        text_columns: those of them that it compares with text; the others are numbers.
        asked_columns: those of which it asks whether a row has a value.
        is_boolean: whether it answers true or false, and not a number.
    """

    text: str
    columns: frozenset[str]
    text_columns: frozenset[str]
    asked_columns: frozenset[str]
    is_boolean: bool
    _expression: ast.expr
    _names: RuleNames

    @classmethod
    def parse(cls, text: str, kind: str = "label rule", *, asks: bool = False) -> LabelRule:
        """Parse a rule.

        Args:
            text: as written.
            kind: what it is, for messages.
            asks: whether it may ask `missing(column)` and `present(column)`; then only `breaks`
                computes it.

        Raises:
            ValueError: the rule is not an expression of columns, or holds what is not allowed;
                the message names it and its place.
        """
        names = RuleNames(text, kind)
        try:
            expression = ast.parse(names.source, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            reason = getattr(error, "msg", None) or str(error)
            raise ValueError(
                f"{kind} {text!r} is not an expression: {reason}; allowed: {ALLOWED}"
            ) from error
        check = RuleCheck(names, asks_presence=asks)
        try:
            is_boolean = check.kind(expression) == BOOLEAN
        except RecursionError:
            raise ValueError(f"{kind} {text[:60]!r}… has too many parts; allowed: 200") from None
        if not check.columns and not check.asked:
            raise ValueError(f"{kind} {text!r} reads no column")
        of_text = frozenset(name for name, kind in check.columns.items() if kind == TEXT)
        columns = frozenset(check.columns)
        return cls(text, columns, of_text, frozenset(check.asked), is_boolean, expression, names)

    def evaluate(self, columns: Mapping[str, Any], whole: Collection[str] = ()) -> tuple[Any, Any]:
        """Compute the label of each row.

        Args:
            columns: at least `self.columns`: texts for `self.text_columns`, numbers for the rest.
                They are float64 as the table writes them. Arrays of NumPy may be integers too, or
                float32, which are taken for the decimals that they were written as.
            whole: the columns of whole numbers, where the arrays do not tell.

        Returns:
            The label, `[batch]` bool (`is_boolean`) or float64, and whether it is known,
            `[batch]` bool. Where it is not known, the label means nothing.

        Raises:
            KeyError: a column is missing.
            TypeError: a text column holds bytes, which equal no text.
            ValueError: an array of float32 holds numbers beyond 2**24, which it does not keep.
        """
        import numpy as np  # not needed to parse

        values = self._values(columns, whole)
        known = [columns[name] != "" for name in self.text_columns]
        with np.errstate(all="ignore"):  # what is not finite is unknown, and no warning
            label = _Evaluation(self._names, values, known).value(self._expression)
            if isinstance(label, Number):
                known.append(label.is_finite())
                label = label.value
        return label, reduce(operator.and_, known)

    def breaks(
        self, columns: Mapping[str, Any], missing: Mapping[str, Any], whole: Collection[str] = ()
    ) -> Any:
        """Say which rows break a rule that answers true or false: `[batch] bool`, of NumPy.

        Of a rule with `and` between its parts, a row breaks each part by itself. One whose values
        are missing, where a part compares them, does not break that part.

        Args:
            columns: see `evaluate`.
            missing: of `asked_columns`, where they have no value: `[batch] bool`.
            whole: see `evaluate`.
        """
        import numpy as np

        values = self._values(columns, whole)
        parts = [self._expression]
        if isinstance(self._expression, ast.BoolOp) and isinstance(self._expression.op, ast.And):
            parts = self._expression.values
        broken = None
        for part in parts:
            texts = {self._names.column(x) for x in _compared(part)}
            known = [columns[name] != "" for name in texts & self.text_columns]
            with np.errstate(all="ignore"):
                held = _Evaluation(self._names, values, known, missing).value(part)
            here = reduce(operator.and_, known, ~held)
            broken = here if broken is None else broken | here
        return broken

    def _values(self, columns: Mapping[str, Any], whole: Collection[str]) -> dict[str, Any]:
        values = {}
        for name in self.columns:
            if name in self.text_columns:
                _refuse_bytes(name, columns[name])
                values[name] = columns[name]
            else:
                _refuse_merged(name, columns[name])
                values[name] = Number.of_column(columns[name], is_whole=name in whole)
        return values


@dataclass(frozen=True)
class _Evaluation:
    """Computes a rule; appends to `known` where each number that is compared is finite."""

    names: RuleNames
    columns: Mapping[str, Any]
    known: list[Any]
    missing: Mapping[str, Any] = field(default_factory=dict)

    def value(self, node: ast.expr) -> Any:
        """Compute `node`: a `Number`, texts, or truth values."""
        if isinstance(node, ast.Name):
            return self.columns[self.names.column(node)]
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else _number(node.value)
        if isinstance(node, ast.Compare):
            return reduce(operator.and_, [self._compare(*pair) for pair in pairs(node)])
        if isinstance(node, ast.UnaryOp):
            return _UNARY[type(node.op)](self.value(node.operand))
        if isinstance(node, ast.BinOp):
            left, right = self.value(node.left), self.value(node.right)
            return ARITHMETIC[type(node.op)](left, right)
        if isinstance(node, ast.Call):
            return self._asked(node)
        assert isinstance(node, ast.BoolOp), ast.dump(node)  # parse() lets nothing else through
        parts = [self.value(part) for part in node.values]
        return reduce(_CONNECTIVES[type(node.op)], parts)

    def _asked(self, node: ast.Call) -> Any:
        column = asked_column(node)
        assert column is not None
        assert isinstance(node.func, ast.Name)
        is_missing = self.missing[self.names.column(column)]
        return is_missing if node.func.id == "missing" else ~is_missing

    def _compare(self, op: ast.cmpop, *sides: ast.expr) -> Any:
        left, right = (self.value(side) for side in sides)
        if not isinstance(left, Number) or not isinstance(right, Number):
            return left == right if isinstance(op, ast.Eq) else left != right
        # One check for both: their difference is finite only when each of them is.
        self.known.append((left - right).is_finite())
        return left.compare(op, right)


def _compared(part: ast.expr) -> Iterator[ast.Name]:
    """Give the names whose values a part needs, without those that it only asks about."""
    if isinstance(part, ast.Name):
        yield part
    elif not isinstance(part, ast.Call):
        for child in ast.iter_child_nodes(part):
            if isinstance(child, ast.expr):
                yield from _compared(child)


def _number(constant: Any) -> Number:
    return Number.of(float(constant), is_whole=float(constant).is_integer())


def _refuse_bytes(name: str, column: Any) -> None:
    kind = getattr(getattr(column, "dtype", None), "kind", "")
    if kind == "S" or (kind == "O" and any(isinstance(x, bytes) for x in column[:1])):
        raise TypeError(f"label rule: text column {name!r} holds bytes; decode them to str first")


def _refuse_merged(name: str, column: Any) -> None:
    dtype: Any = getattr(column, "dtype", None)
    if getattr(dtype, "kind", "") == "f" and dtype.itemsize < 8:
        merged = column[abs(column) > _EXACT_FLOAT32]
        if len(merged := merged[merged - merged == 0]):
            raise ValueError(
                f"label rule: column {name!r} holds {merged[0]:.0f} as float32, which does not keep"
                " whole numbers beyond 2**24 = 16777216 apart; give integers or float64"
            )
