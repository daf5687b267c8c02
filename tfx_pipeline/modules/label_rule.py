"""The label: its column names, and the rule by which it follows from columns of the table.

This is the one place of the label for training, evaluation and monitoring. It needs only the
standard library; arrays of NumPy and tensors of TensorFlow alike go through `LabelRule.evaluate`.

Terms:
    number: float32 array `[batch]`, as tf.Example stores it; missing is NaN.
    text: array `[batch]` of `str` (NumPy) or `tf.string` (TensorFlow); missing is "".
    unknown label: that of a row in which a value is missing that the rule reads, or in which a
        number of the rule is not finite (a division by zero). Such a row is neither trained on
        nor evaluated: its `label_known` is 0.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, NoReturn

LABEL = "label"
"""Transformed column of the label: `[batch, 1]`, int64 class id, or float32 for regression."""
LABEL_KNOWN = "label_known"
"""Transformed column `[batch, 1] float32`: 1 where the label is known, else 0 (label is 0)."""

_NUMBER, _TEXT, _BOOLEAN = "number", "text", "true or false"
_ALLOWED = "column names, numbers, quoted text, + - * /, comparisons, and, or, not, parentheses"
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: lambda number: number,  # tensors have no unary plus
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
        is_boolean: whether it answers true or false, and not a number.
    """

    text: str
    columns: frozenset[str]
    text_columns: frozenset[str]
    is_boolean: bool
    _expression: ast.expr

    @classmethod
    def parse(cls, text: str) -> LabelRule:
        """Parse a rule.

        Raises:
            ValueError: the rule is not an expression of columns, or holds what is not allowed;
                the message names it and its place.
        """
        try:
            expression = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError) as error:
            raise ValueError(f"label rule {text!r} is not an expression: {error}") from error
        check = _Check(text.strip())
        is_boolean = check.kind(expression) == _BOOLEAN
        if not check.columns:
            raise ValueError(f"label rule {text!r} reads no column")
        of_text = frozenset(name for name, kind in check.columns.items() if kind == _TEXT)
        return cls(text, frozenset(check.columns), of_text, is_boolean, expression)

    def evaluate(self, columns: Mapping[str, Any]) -> tuple[Any, Any]:
        """Compute the label of each row.

        Args:
            columns: at least `self.columns`: texts for `self.text_columns`, numbers for the rest.

        Returns:
            The label, `[batch]` bool (`is_boolean`) or float32, and whether it is known,
            `[batch]` bool. Where it is not known, the label means nothing.

        Raises:
            KeyError: a column is missing.
            TypeError: a text column holds bytes, which equal no text.
        """
        for name in self.text_columns:
            _refuse_bytes(name, columns[name])
        known = [columns[name] != "" for name in self.text_columns]
        label = _evaluate(self._expression, columns, known)
        if not self.is_boolean:
            known.append(_is_finite(label))
        return label, reduce(operator.and_, known)


class _Check:
    """Finds the kind of each part of a rule, and refuses what is not allowed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.columns: dict[str, str] = {}

    def kind(self, node: ast.expr) -> str:
        """Return the kind of the value of `node`; a bare column name is a number."""
        if isinstance(node, ast.Name):
            return self._column(node, _NUMBER)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return _TEXT
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            return _NUMBER
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.UAdd | ast.USub):
            return self._require(_NUMBER, node.operand)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self._require(_BOOLEAN, node.operand)
        if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
            return self._arithmetic(node)
        if isinstance(node, ast.BoolOp):
            return self._require(_BOOLEAN, *node.values)
        if isinstance(node, ast.Compare) and all(type(op) in _COMPARISONS for op in node.ops):
            return self._comparison(node)
        return self._refuse(node, "is not allowed", _ALLOWED)

    def _arithmetic(self, node: ast.BinOp) -> str:
        divisor = node.right
        if isinstance(node.op, ast.Div) and isinstance(divisor, ast.Constant) and not divisor.value:
            self._refuse(node, "divides by zero", "another divisor")
        return self._require(_NUMBER, node.left, node.right)

    def _comparison(self, node: ast.Compare) -> str:
        for op, left, right in _pairs(node):
            if not any(isinstance(x, ast.Name) for side in (left, right) for x in ast.walk(side)):
                self._refuse(node, "compares without a column", _ALLOWED)
            if not (_is_text(left) or _is_text(right)):
                self._require(_NUMBER, left, right)
                continue
            if not isinstance(op, ast.Eq | ast.NotEq):
                self._refuse(node, "puts text in an order", "== and != for text")
            for side in (left, right):
                if isinstance(side, ast.Name):
                    self._column(side, _TEXT)
                else:
                    self._require(_TEXT, side)
        return _BOOLEAN

    def _column(self, node: ast.Name, kind: str) -> str:
        if self.columns.setdefault(node.id, kind) != kind:
            self._refuse(node, "is used as a number and as text", "one or the other")
        return kind

    def _require(self, kind: str, *nodes: ast.expr) -> str:
        for node in nodes:
            found = self.kind(node)
            if found != kind:
                self._refuse(node, f"is {found} where {kind} is needed", _ALLOWED)
        return kind

    def _refuse(self, node: ast.expr, why: str, allowed: str) -> NoReturn:
        part = ast.get_source_segment(self.text, node)
        where = f"at character {node.col_offset + 1} of {self.text!r}"
        raise ValueError(f"label rule: `{part}` {why} ({where}); allowed: {allowed}")


def _pairs(node: ast.Compare) -> Iterator[tuple[ast.cmpop, ast.expr, ast.expr]]:
    """Split `a < b < c` into (<, a, b) and (<, b, c)."""
    sides = [node.left, *node.comparators]
    yield from zip(node.ops, sides[:-1], sides[1:], strict=True)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _evaluate(node: ast.expr, columns: Mapping[str, Any], known: list[Any]) -> Any:
    """Compute `node`; append to `known` where each number that is compared is finite."""
    if isinstance(node, ast.Name):
        return columns[node.id]
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Compare):
        return _compare(node, columns, known)
    if isinstance(node, ast.UnaryOp):
        return _UNARY[type(node.op)](_evaluate(node.operand, columns, known))
    if isinstance(node, ast.BinOp):
        left, right = (_evaluate(side, columns, known) for side in (node.left, node.right))
        return _ARITHMETIC[type(node.op)](left, right)
    assert isinstance(node, ast.BoolOp), ast.dump(node)  # parse() lets nothing else through
    parts = [_evaluate(part, columns, known) for part in node.values]
    return reduce(_CONNECTIVES[type(node.op)], parts)


def _compare(node: ast.Compare, columns: Mapping[str, Any], known: list[Any]) -> Any:
    answers = []
    for op, *sides in _pairs(node):
        left, right = (_evaluate(side, columns, known) for side in sides)
        if not (_is_text(sides[0]) or _is_text(sides[1])):
            # One check for both: their difference is finite only when each of them is.
            known.append(_is_finite(left - right))
        answers.append(_COMPARISONS[type(op)](left, right))
    return reduce(operator.and_, answers)


def _is_finite(number: Any) -> Any:
    return number - number == 0  # NaN for NaN and for both infinities


def _refuse_bytes(name: str, column: Any) -> None:
    kind = getattr(getattr(column, "dtype", None), "kind", "")
    if kind == "S" or (kind == "O" and any(isinstance(x, bytes) for x in column[:1])):
        raise TypeError(f"label rule: text column {name!r} holds bytes; decode them to str first")
