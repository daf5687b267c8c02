"""Windows, ranges, and spans that are not what they seem."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfx_pipeline.errors import DataError
from tfx_pipeline.ingestion.spans.choice import SpanChoice, choose_spans, spans_by_file
from tfx_pipeline.ingestion.spans.pattern import SpanPattern


def make(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("a\n1\n", encoding="utf-8")


def refusal(folder: Path, pattern: str, choice: SpanChoice | None = None) -> str:
    with pytest.raises(DataError) as caught:
        choose_spans(SpanPattern.parse(f"{folder}/{pattern}"), choice or SpanChoice())
    return str(caught.value)


def test_window_is_counted_by_number_oldest_first(tmp_path: Path) -> None:
    make(tmp_path, "2/a.csv", "10/b.csv", "9/c.csv", "9/a.csv", "11/a.csv")
    chosen = choose_spans(SpanPattern.parse(f"{tmp_path}/{{SPAN}}/*.csv"), SpanChoice(window=4))
    assert [span.number for span in chosen.spans] == [9, 10, 11]
    assert [f"{x.parent.name}/{x.name}" for x in chosen.files] == [
        "9/a.csv",
        "9/c.csv",
        "10/b.csv",
        "11/a.csv",
    ]
    assert chosen.notes == ("spans 8 to 11: read 9, 10, 11; 1 of them are not there",)
    assert spans_by_file(chosen.spans)[tmp_path / "10/b.csv"].number == 10


def test_window_ends_where_it_is_told(tmp_path: Path) -> None:
    make(tmp_path, *(f"2026-01-0{day}.csv" for day in range(1, 7)))
    pattern = SpanPattern.parse(f"{tmp_path}/{{YYYY}}-{{MM}}-{{DD}}.csv")
    chosen = choose_spans(pattern, SpanChoice("2026-01-04", 3))
    assert [span.shown for span in chosen.spans] == ["2026-01-02", "2026-01-03", "2026-01-04"]


def test_range_may_begin_and_end_between_spans(tmp_path: Path) -> None:
    make(tmp_path, "2.csv", "4.csv", "8.csv")
    pattern = SpanPattern.parse(f"{tmp_path}/{{SPAN}}.csv")
    chosen = choose_spans(pattern, SpanChoice(at="7", first="1"))
    assert [span.number for span in chosen.spans] == [2, 4]
    assert chosen.notes == ("spans 1 to 7: read 2, 4; 5 of them are not there",)


def test_span_that_names_a_folder_takes_its_tables(tmp_path: Path) -> None:
    make(tmp_path, "1/a.csv", "1/README.md", "1/b.parquet", "1/.hidden.csv")
    chosen = choose_spans(SpanPattern.parse(f"{tmp_path}/{{SPAN}}"), SpanChoice())
    assert [file.name for file in chosen.files] == ["a.csv", "b.parquet"]


@pytest.mark.parametrize(
    ("pattern", "there", "folder", "said"),
    [
        ("{SPAN}/*.csv", "1/a.csv", "2", "nothing matches *.csv there"),
        ("{SPAN}", "1/a.csv", "2", "a folder without a table"),
        ("{SPAN}/v{VERSION}/*.csv", "1/v1/a.csv", "2", "no version: nothing matches v{VERSION}/"),
        ("{SPAN}/v{VERSION}/*.csv", "1/v1/a.csv", "2/v1", "its version 1 has no *.csv"),
    ],
)
def test_newest_span_without_files_is_refused(
    tmp_path: Path, pattern: str, there: str, folder: str, said: str
) -> None:
    make(tmp_path, there)
    (tmp_path / folder).mkdir(parents=True)
    message = refusal(tmp_path, pattern)
    assert "span 2 is empty" in message and said in message
    assert "data.span: 1" in message
    span = choose_spans(SpanPattern.parse(f"{tmp_path}/{pattern}"), SpanChoice("1")).spans[0]
    assert span.number == 1


def test_newest_version_without_files_is_refused(tmp_path: Path) -> None:
    make(tmp_path, "1/v1/a.csv", "1/v2/a.csv")
    (tmp_path / "1/v3").mkdir()
    assert "its version 3 has no *.csv" in refusal(tmp_path, "{SPAN}/v{VERSION}/*.csv")


def test_span_in_two_spellings_is_refused(tmp_path: Path) -> None:
    make(tmp_path, "1/a.csv", "01/a.csv")
    message = refusal(tmp_path, "{SPAN}/*.csv")
    assert "written in several ways" in message and "01, 1" in message


def test_span_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    make(tmp_path, "2026-01-01.csv", "2026-01-02.csv")
    message = refusal(tmp_path, "{YYYY}-{MM}-{DD}.csv", SpanChoice("2026-01-03"))
    assert "there is no span 2026-01-03" in message
    assert "2026-01-02, 2026-01-01, or `latest`" in message
    assert "did you mean 2026-01-02?" in message


def test_no_span_at_all_is_refused(tmp_path: Path) -> None:
    assert "no span is there" in refusal(tmp_path, "{SPAN}/*.csv")


def test_range_that_begins_after_its_end_is_refused(tmp_path: Path) -> None:
    make(tmp_path, "1.csv")
    assert "begins after its end" in refusal(tmp_path, "{SPAN}.csv", SpanChoice(first="2"))


def test_date_for_a_numbered_span_is_refused(tmp_path: Path) -> None:
    make(tmp_path, "1.csv")
    assert "no number of a span" in refusal(tmp_path, "{SPAN}.csv", SpanChoice("2026-01-01"))
