"""How a problem is said."""

from __future__ import annotations

from tfx_pipeline.errors import Problem


def test_problem_with_a_cell_of_megabytes_shows_its_beginning() -> None:
    text = str(Problem("no number", "t.csv:2", "9a" * 5_000_000, next_step="mend it"))
    assert len(text) < 5000
    assert text.startswith("t.csv:2: no number\n    received 9a9a9a")
    assert "… (10,000,000 characters)\n    next     mend it" in text


def test_problem_of_usual_length_is_shown_whole() -> None:
    received = "x" * 4000
    assert str(Problem("no number", received=received)) == f"no number\n    received {received}"
