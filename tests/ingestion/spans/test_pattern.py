"""Specs mean what TFX's own code takes them for; what it refuses is refused."""

from __future__ import annotations

import glob
import itertools
import random
from datetime import date, timedelta
from pathlib import Path

import pytest

from tfx_pipeline.ingestion.spans.choice import SpanChoice, choose_spans
from tfx_pipeline.ingestion.spans.pattern import SpanError, SpanPattern, has_specs

PATTERNS = {
    "span-{SPAN}/*.csv": "span-{s}/{n}.csv",
    "span-{SPAN:3}/v{VERSION}/*.csv": "span-{s:03}/v{v}/{n}.csv",
    "{SPAN}-{VERSION:2}-*.csv": "{s}-{v:02}-{n}.csv",
    "{YYYY}-{MM}-{DD}/data-?.csv": "{d:%Y-%m-%d}/data-{n}.csv",
    "{YYYY}/{MM}{DD}/ver{VERSION}/[ab].csv": "{d:%Y}/{d:%m%d}/ver{v}/{n}.csv",
    "trips_{DD}.{MM}.{YYYY}_{VERSION}.csv": "trips_{d:%d.%m.%Y}_{v}.csv",
    "{VERSION}/of/{SPAN}/*.csv": "{v}/of/{s}/{n}.csv",
}


def by_tfx(base: Path, pattern: str, span: int | None = None) -> tuple[int, int | None, list[str]]:
    """Ask TFX which span, which version, and which files its ExampleGen reads."""
    from tfx.components.example_gen import utils
    from tfx.proto import example_gen_pb2, range_config_pb2

    split = example_gen_pb2.Input.Split(name="all", pattern=pattern)
    ranged = None
    if span is not None:
        static = range_config_pb2.StaticRange(start_span_number=span, end_span_number=span)
        ranged = range_config_pb2.RangeConfig(static_range=static)
    _, number, version = utils.calculate_splits_fingerprint_span_and_version(
        str(base), [split], ranged
    )
    return number, version, sorted(glob.glob(f"{base}/{split.pattern}"))


def by_us(base: Path, pattern: str, at: str = "latest") -> tuple[int, int | None, list[str]]:
    (span,) = choose_spans(SpanPattern.parse(f"{base}/{pattern}"), SpanChoice(at)).spans
    return span.number, span.version, [str(file) for file in span.files]


@pytest.mark.slow
@pytest.mark.parametrize(("pattern", "layout"), PATTERNS.items())
def test_choose_spans_finds_what_tfx_finds(tmp_path: Path, pattern: str, layout: str) -> None:
    made = random.Random(pattern)
    for case in range(12):
        base = tmp_path / f"case {case}"
        spans = made.sample(range(1, 60), made.randint(1, 6))
        for span in spans:
            day = date(1970, 1, 1) + timedelta(days=span)
            for version, name in itertools.product(made.sample(range(30), 3), "ab"):
                file = base / layout.format(s=span, d=day, v=version, n=name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text("a\n1\n", encoding="utf-8")
        assert by_us(base, pattern) == by_tfx(base, pattern)
        for span in spans:
            assert by_us(base, pattern, str(span)) == by_tfx(base, pattern, span)


@pytest.mark.slow
@pytest.mark.parametrize(
    "pattern",
    [
        "{SPAN}/{SPAN}",
        "{SPAN}/{SPAN:2}",
        "{SPAN}/{YYYY}-{MM}-{DD}",
        "{YYYY}-{MM}",
        "{YYYY}-{MM}-{DD}-{DD}",
        "{VERSION}",
        "{SPAN}/{VERSION}/{VERSION:3}",
        "{SPAN:x}",
        "{SPAN:0}",
        "{SPAN:-1}",
        "{SPAN}/{VERSION:1.5}",
    ],
)
def test_span_pattern_that_tfx_refuses_is_refused(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        by_tfx(tmp_path, pattern)
    with pytest.raises(SpanError):
        SpanPattern.parse(f"{tmp_path}/{pattern}")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pattern", "name", "said"),
    [
        ("span-{SPAN}/*.csv", "span-new/a.csv", "`new` stands where SPAN should"),
        ("span-{SPAN:3}/*.csv", "span-1000/a.csv", "another width than {SPAN:3}"),
        ("span-{SPAN:3}/*.csv", "span-7/a.csv", "another width than {SPAN:3}"),
        ("{SPAN}/v{VERSION}/*.csv", "1/v1b/a.csv", "`1b` stands where VERSION should"),
        ("{YYYY}-{MM}-{DD}.csv", "2026-02-30.csv", "no date"),
    ],
)
def test_name_that_tfx_refuses_is_refused(
    tmp_path: Path, pattern: str, name: str, said: str
) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).touch()
    with pytest.raises(ValueError, match=r".*"):
        by_tfx(tmp_path, pattern)
    with pytest.raises(SpanError) as caught:
        list(SpanPattern.parse(f"{tmp_path}/{pattern}").paths())
    assert said in caught.value.what


def test_span_of_a_date_is_the_days_since_1970(tmp_path: Path) -> None:
    pattern = SpanPattern.parse(f"{tmp_path}/{{YYYY}}{{MM}}{{DD}}.csv")
    (tmp_path / "19700102.csv").touch()
    (found,) = pattern.paths()
    assert (found.span, pattern.shown(found.span)) == (1, "1970-01-02")
    assert pattern.number("1970-01-02") == pattern.number("1") == 1


def test_has_specs_knows_tfx_specs_alone() -> None:
    assert has_specs("a/{SPAN}") and has_specs("{SPAN:2}") and has_specs("{YYYY}/x")
    assert not has_specs("data/{pipeline}") and not has_specs("data/{span}")


def test_pattern_in_a_folder_with_wild_cards_in_its_name_takes_it_literally(
    tmp_path: Path,
) -> None:
    for folder in ("my [v2] *", "my v *"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "1.csv").touch()
    (found,) = SpanPattern.parse(f"{tmp_path}/my [v2] */{{SPAN}}.csv").paths()
    assert found.path.parent.name == "my [v2] *"


def test_pattern_with_folders_of_any_depth_finds_them(tmp_path: Path) -> None:
    for name in ("1/a.csv", "1/x/b.csv", "1/x/y/c.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = SpanPattern.parse(f"{tmp_path}/{{SPAN}}/**/*.csv").paths()
    assert [(x.path.name, x.span) for x in found] == [("a.csv", 1), ("b.csv", 1), ("c.csv", 1)]
