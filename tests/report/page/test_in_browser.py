"""The page of a run in Debian's chromium: without scripts, by day and by night, on a phone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.report.made_facts import made_facts
from tests.report.page.test_rendering import SECTIONS
from tfx_pipeline.report.page.writing import write_report

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    return write_report(made_facts(), folder).page.as_uri()


def test_every_section_is_seen_without_scripts_messages_or_requests(
    browser: Any, address: str
) -> None:
    page = browser.new_page(java_script_enabled=False)
    messages: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(address)
    sections = page.locator("section")
    assert sections.count() == len(SECTIONS)
    for section in SECTIONS:
        assert page.locator(f"section#{section}").is_visible(), section
        assert page.locator(f"section#{section} > h1, section#{section} > h2").first.is_visible()
    plots = page.locator("svg.plot")
    assert plots.count() >= 12
    for place in range(plots.count()):
        box = plots.nth(place).bounding_box()
        assert box["width"] > 200
        assert box["height"] > 50
    assert messages == []
    assert requests == [address]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier(browser: Any, address: str, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    # The page's own policy would keep axe-core out.
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(address)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") == (scheme == "dark")
    found = Axe().run(page)
    context.close()
    assert found.violations_count == 0, found.generate_report()


def test_night_changes_the_colours_of_page_and_plots(browser: Any, address: str) -> None:
    colours = []
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        page.goto(address)
        script = """() => ['body', 'svg.plot text', 'svg.plot path'].map(
            each => [getComputedStyle(document.querySelector(each)).backgroundColor,
                     getComputedStyle(document.querySelector(each)).fill,
                     getComputedStyle(document.querySelector(each)).stroke].join(' '))"""
        colours.append(page.evaluate(script))
        context.close()
    assert all(day != night for day, night in zip(*colours, strict=True))


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_page_needs_no_sideways_scrolling(browser: Any, address: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(address)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    script = """() => [...document.querySelectorAll('body *')]
        .filter(each => each.getBoundingClientRect().right > innerWidth + 1
                        && getComputedStyle(each).position !== 'absolute')
        .map(each => each.tagName + ' ' + each.textContent.slice(0, 60))"""
    beyond, wide = page.evaluate(script), page.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert wide <= width, beyond
    assert beyond == []


def test_page_prints_without_its_list_of_sections(
    browser: Any, address: str, tmp_path: Path
) -> None:
    page = browser.new_page()
    page.goto(address)
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert page.locator("section#metrics").is_visible()
    printed = tmp_path / "report.pdf"
    page.pdf(path=printed, format="A4")
    assert printed.read_bytes().startswith(b"%PDF")
    page.close()
