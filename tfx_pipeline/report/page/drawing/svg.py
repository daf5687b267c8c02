"""Matplotlib's SVG, made small and fit for a page.

Styles become classes that all plots share, colours become variables of the page, ids are unique
there, numbers keep the digits that can be seen. Nothing in it asks for a file or a font.
"""

from __future__ import annotations

import io
import re
import warnings
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from tfx_pipeline.report.page.drawing.colours import VARIABLES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_NUMBER = re.compile(r"-?\d+\.\d+")
_NO_TURN = re.compile(r"rotate\(-?0 [^)]*\)\s*")
_FONT_SIZE = re.compile(r"font: (?:\w+ )*?(?P<size>[\d.]+)px[^;]*")
_BOLD = re.compile(r"font: (?:bold|[67]00) ")
_UNSAID = ("stroke-linejoin: round", "stroke-linecap: butt", "opacity: 1", "stroke-opacity: 1")
_RC = {
    "svg.fonttype": "none",
    "svg.hashsalt": "plot",
    "axes.unicode_minus": True,
    "path.simplify_threshold": 0.2,
}


class Classes:
    """The styles that plots of one page share, each of which becomes a class."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def name(self, style: str) -> str:
        """Give the class of a style."""
        return self._names.setdefault(style, f"m{len(self._names)}")

    def css(self) -> str:
        """Write the rules."""
        return "\n".join(f".{name}{{{style}}}" for style, name in self._names.items())


def to_svg(figure: Figure, plot_id: str, title: str, description: str, classes: Classes) -> str:
    """Write a figure as an element that a page takes in.

    Args:
        figure: of Matplotlib.
        plot_id: unique in the page; ids in the plot begin so.
        title: said by screen readers.
        description: likewise, what can be seen.
        classes: of the page.
    """
    root = ElementTree.fromstring(_printed(figure))
    for element in [*root.iter()]:
        element.tag = element.tag.removeprefix(f"{{{_SVG}}}")
    _drop(root, "metadata", "style")
    used = _used_ids(root)
    for element in root.iter():
        _simplify(element, plot_id, used, classes)
    _flatten(root)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    names = f"{plot_id}-title {plot_id}-description"
    root.attrib.update({"class": "plot", "role": "img", "aria-labelledby": names})
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = ElementTree.Element(tag, id=names.split()[place])
        element.text = text
        root.insert(place, element)
    return ElementTree.tostring(root, encoding="unicode")


def _printed(figure: Figure) -> str:
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        text.set_parse_math(False)  # `$` in a name is a `$`
    stream = io.StringIO()
    with matplotlib.rc_context(_RC), warnings.catch_warnings():
        # Of glyphs that its font lacks: the reader's browser has them.
        warnings.simplefilter("ignore")
        FigureCanvasSVG(figure).print_svg(stream, metadata={"Date": None, "Creator": None})
    return stream.getvalue()


def _drop(root: ElementTree.Element, *tags: str) -> None:
    for parent in [*root.iter()]:
        for child in [*parent]:
            if child.tag in tags:
                parent.remove(child)


def _flatten(parent: ElementTree.Element) -> None:
    """Remove groups that hold nothing; of those that say nothing, keep the content."""
    for child in [*parent]:
        _flatten(child)
        if child.tag in ("g", "defs") and (not len(child) or not child.attrib):
            place = [*parent].index(child)
            parent.remove(child)
            inner = [*child] if child.tag == "g" else []
            for offset, each in enumerate(inner):
                parent.insert(place + offset, each)
            if child.tag == "defs" and len(child):
                parent.insert(place, child)


def _used_ids(root: ElementTree.Element) -> set[str]:
    found = set()
    for element in root.iter():
        for value in element.attrib.values():
            found.update(re.findall(r"url\(#([^)]+)\)|^#(.+)$", value))
    return {name for pair in found for name in pair if name}


def _simplify(element: ElementTree.Element, plot_id: str, used: set[str], classes: Classes) -> None:
    attributes = element.attrib
    if (name := attributes.pop("id", None)) in used:
        attributes["id"] = f"{plot_id}-{name}"
    if link := attributes.pop(f"{{{_XLINK}}}href", None):
        attributes["href"] = f"#{plot_id}-{link.removeprefix('#')}"
    if clip := attributes.get("clip-path"):
        attributes["clip-path"] = clip.replace("url(#", f"url(#{plot_id}-")
    for name in ("d", "x", "y", "transform", "points", "width", "height", "viewBox"):
        if name in attributes:
            attributes[name] = _rounded(attributes[name])
    if not attributes.get("transform", "-").strip():
        del attributes["transform"]
    if style := _style(attributes.pop("style", "")):
        attributes["class"] = classes.name(style)
    if element.tag != "text" and element.text and not element.text.strip():
        element.text = None
    if element.tail and not element.tail.strip():
        element.tail = None


def _rounded(text: str) -> str:
    shorter = _NO_TURN.sub("", _NUMBER.sub(_round, text))
    return " ".join(shorter.split())


def _round(number: re.Match[str]) -> str:
    text = f"{float(number[0]):.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def _style(style: str) -> str:
    """Write a style with the page's colours and font, and without what is usual."""
    if not style:
        return ""
    weight = ";font-weight:600" if _BOLD.search(style) else ""
    style = _FONT_SIZE.sub(rf"font-size: \g<size>px{weight}", style)
    parts = [part.strip() for part in style.split(";")]
    kept = [part.replace(": ", ":") for part in parts if part and part not in _UNSAID]
    text = ";".join(sorted(kept))
    for colour, variable in VARIABLES.items():
        text = text.replace(colour, f"var({variable})")
    return text
