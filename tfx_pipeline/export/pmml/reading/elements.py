"""Elements of a document, of which nothing may be passed over that is not understood."""

from __future__ import annotations

from collections.abc import Collection
from xml.etree.ElementTree import Element

_NAMESPACE = "{http://www.dmg.org/PMML-4_4}"
_CELLS = {
    f"{{http://jpmml.org/jpmml-model/InlineTable}}{x}": f"data:{x}" for x in ("input", "output")
}
"""Names of cells in long tables."""


class UnknownConstructError(ValueError):
    """A document says what this evaluator does not understand."""

    def __init__(self, what: str, received: str, allowed: Collection[str] = ()) -> None:
        known = f"; allowed: {', '.join(map(str, allowed))}" if allowed else ""
        super().__init__(
            f"{what} is not one that this evaluator knows: received {received!r}{known}. It reads"
            " what this version exports: take another evaluator of PMML, or export again"
        )


def tag(element: Element) -> str:
    """Give the name of an element of PMML."""
    if element.tag in _CELLS:
        return _CELLS[element.tag]
    if not element.tag.startswith(_NAMESPACE):
        raise UnknownConstructError("an element", element.tag)
    return element.tag.removeprefix(_NAMESPACE)


def attributes(element: Element, *known: str, **fixed: str) -> dict[str, str]:
    """Give the attributes of an element, all of which are known; some can have one value only.

    Raises:
        UnknownConstructError: there is another one, or another value.
    """
    for name, value in element.attrib.items():
        if name in fixed:
            if value != fixed[name]:
                raise UnknownConstructError(f"the {name} of {tag(element)}", value, [fixed[name]])
        elif name not in known:
            raise UnknownConstructError(f"an attribute of {tag(element)}", name, known)
    return dict(element.attrib)


def children(element: Element, *known: str) -> list[Element]:
    """Give the elements inside one, all of which are known.

    Raises:
        UnknownConstructError: there is another one.
    """
    for child in element:
        if tag(child) not in known:
            raise UnknownConstructError(f"an element in {tag(element)}", tag(child), known)
    return list(element)


def only(element: Element, *known: str) -> Element:
    """Give the one element inside another."""
    found = children(element, *known)
    if len(found) != 1:
        raise UnknownConstructError(
            f"the content of {tag(element)}", f"{len(found)} elements", ["1"]
        )
    return found[0]
