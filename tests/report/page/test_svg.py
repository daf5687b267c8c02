"""Plots as a page takes them in."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from tfx_pipeline.report.page.drawing.rows import Bar, Dot, bar_rows, dot_rows
from tfx_pipeline.report.page.drawing.svg import Classes, to_svg
from tfx_pipeline.report.page.drawing.texts import clean, label_width, shown_label


def test_svg_has_classes_in_place_of_styles_and_variables_in_place_of_colours() -> None:
    classes = Classes()
    svg = to_svg(bar_rows([Bar("<b> & $x$", 2.0, "two", 1.0)], "x"), "p1", "T", "D", classes)
    root = ElementTree.fromstring(svg)
    assert "style=" not in svg
    assert "#01" not in svg + classes.css()
    assert "var(--series-1)" in classes.css()
    assert "var(--ink)" in classes.css()
    names = {name for each in root.iter() for name in each.get("class", "").split()}
    assert names - {"plot"} == set(re.findall(r"\.(m\d+)\{", classes.css()))
    assert [root[0].text, root[1].text] == ["T", "D"]
    assert "<b> & $x$" in [each.text for each in root.iter("text")]
    assert not {"width", "height"} & root.attrib.keys()


def test_ids_of_two_plots_differ_and_those_used_are_there() -> None:
    classes = Classes()
    dots = [Dot("a", 0.5, 0.4, 0.6), Dot("b", 0.2, mark="unsure"), Dot("c", 0.1, mark="bad")]
    found = [to_svg(dot_rows(dots, "x", line=0), f"p{n}", "T", "D", classes) for n in (1, 2)]
    ids = [set(re.findall(r'\sid="([^"]+)"', svg)) for svg in found]
    assert not ids[0] & ids[1]
    for svg, known in zip(found, ids, strict=True):
        used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', svg))
        assert used
        assert used <= known


def test_interval_that_dwarfs_the_others_is_cut_and_marked() -> None:
    dots = [Dot("a", 0.5, 0.4, 0.6), Dot("b", 0.5, 0.45, 0.55), Dot("c", 0.5, 0.4, 1e6)]
    low, high = dot_rows(dots, "x").axes[0].get_xlim()
    assert low > 0
    assert high < 2


def test_texts_are_cut_to_their_width_and_cleaned() -> None:
    assert clean("a\x00b\ud800c\u202ed\n") == "a\ufffdb\ufffdc\ufffdd\n"
    assert shown_label("two\nlines", 200, 12) == "two lines"
    cut = shown_label("x" * 100, 100, 12)
    assert cut.strip("x") == "…"
    assert 80 < label_width(cut, 12) <= 100
    names = [shown_label(f"dropoff_community_{end}", 120, 12) for end in ("area", "zone")]
    assert names == ["dropoff_co…_area", "dropoff_co…_zone"]
    assert label_width("ああ", 10) > label_width("aa", 10)
