"""How counts, lists, cut texts, near names and short paths are worded."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfx_pipeline.wording import below, closest, counted, listed, nearest, shortened


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1200, "1,200 rows")]
)
def test_counted_of_any_number_but_one_is_plural(number: int, said: str) -> None:
    assert counted(number, "row") == said


def test_counted_without_a_separator_writes_the_bare_digits() -> None:
    assert counted(1_234_567, "row", separator="") == "1234567 rows"
    assert counted(1, "more column", separator="") == "1 more column"


def test_listed_counts_only_what_it_does_not_show() -> None:
    assert listed([]) == ""
    assert listed(["a", "b"], 2) == "a, b"
    assert listed(["a", "b", "c"], 2) == "a, b and 1 more"
    assert listed(["a", "b", "c"], 1, joint=", and ") == "a, and 2 more"


def test_shortened_is_never_wider_than_asked() -> None:
    assert shortened("abcde", 5) == "abcde"
    assert shortened("abcdef", 5) == "abcd…"


def test_nearest_with_other_case_still_finds_the_name() -> None:
    assert nearest("EPOCHS", ["epochs", "seed"]) == "did you mean `epochs`?"
    assert nearest("zzz", ["epochs"]) is None


def test_closest_of_names_that_differ_in_case_gives_the_first() -> None:
    assert closest("fare", ["Fare", "fare"]) == "Fare"


def test_closest_with_a_higher_likeness_finds_less() -> None:
    assert closest("epochs_all", ["epochs"]) == "epochs"
    assert closest("epochs_all", ["epochs"], likeness=0.9) is None


def test_below_leaves_a_path_elsewhere_as_it_is() -> None:
    assert below(Path("/a/b/c.csv"), Path("/a")) == "b/c.csv"
    assert below(Path("/a/b"), Path("/a/b")) == "."
    assert below(Path("/ab/c.csv"), Path("/a")) == "/ab/c.csv"
