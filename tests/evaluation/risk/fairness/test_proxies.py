"""How well features tell a group."""

from __future__ import annotations

import numpy as np
import pytest

from tests.evaluation.risk.made_subject import answered_by, binary, made_subject, with_rows
from tfx_pipeline.evaluation.risk.fairness.groups import partitions
from tfx_pipeline.evaluation.risk.fairness.proxies import proxies_of
from tfx_pipeline.evaluation.risk.subject import Subject


def tellers(subject: Subject, column: str) -> dict[str, tuple[str, float]]:
    columns = {column: subject.eval.columns[column]}
    parts = [*partitions(columns, {}, crosses=False, fewest_rows=30)]
    found = proxies_of(subject, parts, np.arange(len(subject.eval)))
    return {each.feature: (each.group, each.auc) for each in found}


def test_proxies_tell_the_group_that_a_feature_knows_best() -> None:
    """Of three towns, one has its own range of a feature."""
    dice = np.random.default_rng(0)
    town = np.array(["x", "y", "z"], object)[dice.integers(0, 3, 3000)]
    subject = made_subject(0, extra={"town": town})
    shifted = np.where(town == "y", 9.0, 0.0) + dice.normal(size=3000)
    subject = answered_by(with_rows(subject, f=shifted), binary)
    group, auc = tellers(subject, "town")["f"]
    assert group == "y" and auc == pytest.approx(1, abs=0.001)
    assert all(auc < 0.6 for name, (_, auc) in tellers(subject, "town").items() if name != "f")


def test_proxies_do_not_name_the_column_itself() -> None:
    subject = made_subject(0)
    assert "color" not in tellers(subject, "color")


def test_proxies_of_a_name_for_each_row_tell_nothing_of_other_rows() -> None:
    names = np.array([f"n{x}" for x in range(3000)], object)
    subject = made_subject(0)
    subject = answered_by(with_rows(subject, color=names), binary)
    assert tellers(subject, "sex").get("color", ("", 0.5))[1] < 0.6


def test_proxies_ask_feature_by_feature_in_an_order_that_no_hash_decides(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dice = np.random.default_rng(0)
    shifted = {f"f{x}": dice.normal(size=3000) for x in range(6)}
    subject = made_subject(0, extra=shifted)
    columns = {name: dice.integers(0, 2, 3000).astype(float) for name in ("a", "b", "c")}
    parts = [*partitions(columns, {}, crosses=False, fewest_rows=30)]
    asked: list[str] = []
    monkeypatch.setattr(
        "tfx_pipeline.evaluation.risk.fairness.proxies._is_used",
        lambda subject, name, dice: asked.append(name) or True,
    )
    found = proxies_of(subject, parts, np.arange(3000))
    assert asked == [*dict.fromkeys(each.feature for each in found)] and len(asked) > 3
