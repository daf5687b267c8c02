"""Names of columns in label rules: a single word, or anything in backticks.

Python's parser reads rules, and Python allows no blank in a name. So each name in backticks is
replaced by a word of the same length in bytes: what the parser says of places stays right.
"""

from __future__ import annotations

import ast
import itertools
import re
import string

# Quoted text is passed over; within backticks, two of them stand for one.
_PARTS = re.compile(
    r"""(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|`(?P<name>(?:[^`]|``)*)`""", re.DOTALL
)


class RuleNames:
    """The names in a rule.

    Attributes:
        text: the rule as written, in one line.
        source: the same without backticks, as Python reads it.
    """

    def __init__(self, text: str) -> None:
        """Find the names.

        Raises:
            ValueError: a name in backticks is empty.
        """
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
            raise ValueError(f"label rule {self.text!r} has backticks without a name in them")
        column = name.replace("``", "`")
        for word, known in self._names.items():
            if known == column and len(word) == len(match[0].encode()):
                return word
        words = itertools.product(string.ascii_uppercase, repeat=3)  # the least: `a`
        padded = ("".join(letters).ljust(len(match[0].encode()), "_") for letters in words)
        word = next(x for x in padded if x not in self.text and x not in self._names)
        self._names[word] = column
        return word
