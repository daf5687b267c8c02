"""Batches become one split."""

from __future__ import annotations

import numpy as np
import pytest

from tfx_pipeline.components.evaluator import gathering
from tfx_pipeline.components.evaluator.gathering import gather
from tfx_pipeline.components.evaluator.raw_columns import Entries, clusters_of, hashed
from tfx_pipeline.components.evaluator.scoring import ScoredBatch, ScoringPlan
from tfx_pipeline.evaluation.scored_split import ScoredSplit
from tfx_pipeline.evaluation.trivial_answer import TrivialAnswer

pytestmark = pytest.mark.slow

PLAN = ScoringPlan("binary", ("no", "yes"), {"candidate": "", "baseline": ""}, None, ("kind",))


def batch(
    values: list[list[bytes]], fault: str = "", lacks: frozenset[str] = frozenset()
) -> ScoredBatch:
    """A batch in which each row has these values of `kind`."""
    names = sorted({value for row in values for value in row})
    pairs = sorted((i, names.index(value)) for i, row in enumerate(values) for value in row)
    rows, codes = np.array(pairs, np.int64).reshape(-1, 2).T
    size = len(values)
    answers = {"candidate": np.full(size, 0.5, np.float32)}
    if not fault:
        answers["baseline"] = answers["candidate"] / 2
    return ScoredBatch(
        np.arange(size, dtype=np.uint64),
        np.ones(size, bool),
        np.zeros(size),
        answers,
        {"kind": Entries(rows, codes, names, "text")},
        baseline_fault=fault,
        baseline_lacks=lacks,
    )


def gathered(*batches: ScoredBatch) -> ScoredSplit:
    trivial = TrivialAnswer("binary", (0.5, 0.5))
    return gather(batches, PLAN, {"candidate": 0.3}, trivial, ("first",))


def test_gather_joins_the_codes_of_batches_that_know_other_values() -> None:
    split = gathered(batch([[b"y"], [b"x"], []]), batch([[b"z", b"x"], [b"y"]]))
    column = split.slices["kind"]
    assert [column.values[code] if code >= 0 else None for code in column.codes] == [
        *("y", "x", None),
        *("x", "y"),
    ]
    assert [(row, column.values[code]) for row, code in column.further.tolist()] == [(3, "z")]
    assert split.candidate.threshold == 0.3 and split.notes == ("first",)
    assert split.baseline is not None and split.baseline.threshold == 0.5


def test_gather_leaves_a_baseline_out_that_fails_on_a_later_batch() -> None:
    split = gathered(batch([[b"x"]]), batch([[b"x"]], fault="it has no answer"))
    assert split.baseline is None
    assert split.notes[1].endswith("it does not answer these rows: it has no answer")


def test_gather_of_more_values_than_it_keeps_says_how_many_rows_are_in_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gathering, "_MOST_VALUES", 2)
    split = gathered(batch([[b"x"], [b"y"]]), batch([[b"z"], [b"x"], [b"w", b"y"]]))
    assert split.slices["kind"].codes.tolist() == [0, 1, -1, 0, 1]
    assert "2 rows with others are in none of its slices" in split.notes[-1]


def test_gather_of_nothing_is_a_split_without_rows() -> None:
    split = gathered()
    assert len(split.candidate.labels) == len(split.candidate.answers) == 0
    assert len(split.eval_rows) == 64


def test_clusters_are_rows_of_equal_keys_whatever_the_batch() -> None:
    ids = hashed([b"0", b"1", b"2", b"3"])
    entries = Entries(np.array([0, 1, 2]), np.array([0, 1, 0]), [7, 8], "whole")
    others = Entries(np.array([0, 1, 2]), np.array([0, 0, 0]), [b"a"], "text")
    first = clusters_of([entries, others], ids)
    assert first[0] == first[2] != first[1]
    assert first[3] == ids[3].astype(np.int64)  # without a key, a row stands alone
    again = Entries(np.array([0]), np.array([0]), [8], "whole")
    other = Entries(np.array([0]), np.array([0]), [b"a"], "text")
    assert clusters_of([again, other], hashed([b"x"]))[0] == first[1]


def test_gather_notes_columns_of_the_baseline_that_no_row_of_any_batch_has() -> None:
    """Else a model that is worse passes beside one that was robbed of its best feature."""
    rows, both = [[b"x"]], frozenset({"size", "zz"})
    split = gathered(batch(rows, lacks=both), batch(rows, lacks=frozenset({"zz"})))
    assert split.baseline is not None
    assert "also takes `zz`, of which no eval row has a value" in split.notes[1]
    assert "size" not in split.notes[1]
    assert len(gathered(batch(rows, lacks=both), batch(rows)).notes) == 1
