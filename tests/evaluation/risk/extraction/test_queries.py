"""Rows that are made up: within what columns may hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.evaluation.risk.private_subjects import linear, made
from tfx_pipeline.evaluation.risk.extraction.queries import made_up_rows
from tfx_pipeline.evaluation.risk.subject import Domain, Sample


def test_made_up_rows_spread_over_the_domains() -> None:
    subject = made(linear, rows=(150, 150))
    domains = {**subject.domains, "a": Domain("number", whole=True, low=2, high=5)}
    domains["town"] = Domain("text", values=("x", "y"))
    rows = made_up_rows(replace(subject, domains=domains), 500, np.random.default_rng(0))
    assert set(rows["a"]) == {2, 3, 4, 5}
    assert set(rows["town"]) == {"x", "y"}
    assert rows["b"].min() < -3.5
    assert rows["b"].max() > 3.5


def test_made_up_rows_of_an_open_domain_spread_over_the_rows_and_unknown_stays_missing() -> None:
    subject = made(linear, rows=(150, 150))
    columns = {**subject.eval.columns, "b": np.full(150, np.nan), "town": np.full(150, "", object)}
    domains = {"a": Domain("number"), "b": Domain("number"), "town": Domain("text")}
    open_ones = replace(subject, domains=domains, eval=Sample(columns, subject.eval.labels, 150))
    rows = made_up_rows(open_ones, 500, np.random.default_rng(0))
    known = subject.eval.columns["a"]
    assert known.min() <= rows["a"].min() < rows["a"].max() <= known.max()
    assert np.isnan(rows["b"]).all()
    assert set(rows["town"]) == {""}
