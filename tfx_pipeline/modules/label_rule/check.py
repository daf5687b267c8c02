"""What a rule may hold: names of columns, kinds of parts, and what can be computed."""

from __future__ import annotations

import ast
import itertools
import operator
import re
import string
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, NoReturn

from tfx_pipeline.modules.label_rule.arithmetic import COMPARISONS

NUMBER, TEXT, BOOLEAN = "number", "text", "true or false"
ALLOWED = (
    "column names (in backticks where a name is not a single word, as in `end s` > 60), numbers,"
    " quoted text, + - * /, comparisons, and, or, not, parentheses"
)
PRESENCE = ("missing", "present")
"""Functions of a column's name that a data test may ask: whether a row has a value there."""
ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_EXACT = 2**53
"""Every whole number up to here is a float64."""
# Quoted text is passed over; within backticks, two of them stand for one.
_PARTS = re.compile(
    r"""(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|`(?P<name>(?:[^`]|``)*)`""", re.DOTALL
)


class RuleNames:
    """The names in a rule: a single word, or anything in backticks.

    Python's parser reads rules, and Python allows no blank in a name. So each name in backticks is
    replaced by a word of the same length in bytes: what the parser says of places stays right.

    Attributes:
        text: the rule as written, in one line.
        source: the same without backticks, as Python reads it.
        kind: what the rule is, for messages.
    """

    def __init__(self, text: str, kind: str) -> None:
        """Find the names.

        Raises:
            ValueError: a name in backticks is empty.
        """
        self.kind = kind
        self.text = re.sub(r"[\r\n]", " ", text.strip())
        self._names: dict[str, str] = {}
        self.source = _PARTS.sub(self._replaced, self.text)

    def column(self, node: ast.Name) -> str:
        """Give the column that a name stands for, as it is written.

        Python changes some letters of names to others that look alike; a table does not.
        """
        segment = ast.get_source_segment(self.source, node) or node.id
        return self._names.get(segment, segment)

    def _replaced(self, match: re.Match[str]) -> str:
        name = match["name"]
        if name is None:
            return match[0]
        if not name:
            raise ValueError(f"{self.kind} {self.text!r} has backticks without a name in them")
        column = name.replace("``", "`")
        for word, known in self._names.items():
            if known == column and len(word) == len(match[0].encode()):
                return word
        words = itertools.product(string.ascii_uppercase, repeat=3)  # `a` in backticks has 3
        padded = ("".join(letters).ljust(len(match[0].encode()), "_") for letters in words)
        word = next(x for x in padded if x not in self.text and x not in self._names)
        self._names[word] = column
        return word


class RuleCheck:
    """Finds the kind of each part of a rule, and refuses what is not allowed."""

    def __init__(self, names: RuleNames, *, asks_presence: bool = False) -> None:
        self.names = names
        self.columns: dict[str, str] = {}
        self.asked: set[str] = set()
        self._asks_presence = asks_presence

    def kind(self, node: ast.expr) -> str:
        """Return the kind of the value of `node`; a bare column name is a number."""
        if isinstance(node, ast.Name):
            return self._column(node, NUMBER)
        if isinstance(node, ast.Constant):
            return self._constant(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.UAdd | ast.USub):
            return self._require(NUMBER, node.operand)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self._require(BOOLEAN, node.operand)
        if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
            return self._arithmetic(node)
        if isinstance(node, ast.BoolOp):
            return self._require(BOOLEAN, *node.values)
        if isinstance(node, ast.Compare) and all(type(op) in COMPARISONS for op in node.ops):
            return self._comparison(node)
        if isinstance(node, ast.Call) and self._asks_presence:
            return self._presence(node)
        return self._refuse(node, "is not allowed", self._allowed)

    @property
    def _allowed(self) -> str:
        return f"{ALLOWED}, missing(column), present(column)" if self._asks_presence else ALLOWED

    def _presence(self, node: ast.Call) -> str:
        """Take `missing(x)` or `present(x)`, which says nothing of the kind of the column."""
        is_known = isinstance(node.func, ast.Name) and node.func.id in PRESENCE
        column = asked_column(node)
        if not is_known or column is None:
            self._refuse(node, "is not allowed", self._allowed)
        self.asked.add(self.names.column(column))
        return BOOLEAN

    def _constant(self, node: ast.Constant) -> str:
        value = node.value
        if isinstance(value, str):
            return TEXT
        if not isinstance(value, int | float) or isinstance(value, bool):
            return self._refuse(node, "is not allowed", ALLOWED)
        if abs(value) == float("inf") or (abs(value) > _EXACT and not _is_float64(value)):
            self._refuse(
                node,
                "is too large to be computed with exactly",
                "whole numbers up to 2**53 = 9007199254740992; compare longer ones as text",
            )
        return NUMBER

    def _arithmetic(self, node: ast.BinOp) -> str:
        kind = self._require(NUMBER, node.left, node.right)
        if isinstance(node.op, ast.Div) and _constant_value(node.right) == 0:
            self._refuse(node, "divides by zero", "another divisor")
        return kind

    def _comparison(self, node: ast.Compare) -> str:
        for op, left, right in pairs(node):
            if not any(isinstance(x, ast.Name) for side in (left, right) for x in ast.walk(side)):
                self._refuse(node, "compares without a column", ALLOWED)
            if not (_is_text(left) or _is_text(right)):
                self._require(NUMBER, left, right)
                continue
            if not isinstance(op, ast.Eq | ast.NotEq):
                self._refuse(node, "puts text in an order", "== and != for text")
            for side in (left, right):
                if isinstance(side, ast.Name):
                    self._column(side, TEXT)
                else:
                    self._require(TEXT, side)
        return BOOLEAN

    def _column(self, node: ast.Name, kind: str) -> str:
        if self.columns.setdefault(self.names.column(node), kind) != kind:
            self._refuse(node, "is used as a number and as text", "one or the other")
        return kind

    def _require(self, kind: str, *nodes: ast.expr) -> str:
        for node in nodes:
            found = self.kind(node)
            if found != kind:
                self._refuse(node, f"is {found} where {kind} is needed", ALLOWED)
        return kind

    def _refuse(self, node: ast.expr, why: str, allowed: str) -> NoReturn:
        part = ast.get_source_segment(self.names.text, node)
        before = self.names.text.encode()[: node.col_offset].decode(errors="replace")
        where = f"at character {len(before) + 1} of {self.names.text!r}"
        raise ValueError(f"{self.names.kind}: `{part}` {why} ({where}); allowed: {allowed}")


def asked_column(node: ast.Call) -> ast.Name | None:
    """Give the one column that a function is asked about; None: it is asked otherwise."""
    if node.keywords or len(node.args) != 1 or not isinstance(node.args[0], ast.Name):
        return None
    return node.args[0]


def pairs(node: ast.Compare) -> Iterator[tuple[ast.cmpop, ast.expr, ast.expr]]:
    """Split `a < b < c` into (<, a, b) and (<, b, c)."""
    sides = [node.left, *node.comparators]
    yield from zip(node.ops, sides[:-1], sides[1:], strict=True)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_float64(value: int | float) -> bool:
    try:
        return float(value) == value
    except OverflowError:
        return False


def _constant_value(node: ast.expr) -> Fraction | None:
    """Compute a number that is the same in every row, exactly; None where it is not known."""
    if isinstance(node, ast.Constant):
        return Fraction(str(node.value))
    if isinstance(node, ast.UnaryOp):
        value = _constant_value(node.operand)
        return -value if value is not None and isinstance(node.op, ast.USub) else value
    if not isinstance(node, ast.BinOp):
        return None
    left, right = _constant_value(node.left), _constant_value(node.right)
    if 0 in (left, right) and isinstance(node.op, ast.Mult):
        return Fraction(0)
    if left == 0 and isinstance(node.op, ast.Div):
        return Fraction(0)
    if isinstance(node.op, ast.Sub) and ast.dump(node.left) == ast.dump(node.right):
        return Fraction(0)
    if left is None or right is None:
        return None
    return ARITHMETIC[type(node.op)](left, right)
