"""What a done step says of itself."""

from __future__ import annotations

import pytest
from ml_metadata.proto import metadata_store_pb2 as pb

from tests.runners.node.conftest import Pushes
from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.verdict import Verdict
from tfx_pipeline.export.verdict import ExportVerdict
from tfx_pipeline.runners.node.outcome_line import line_of_attempt, push_refusals

pytestmark = pytest.mark.slow

COMPLETE, FAILED = pb.Execution.COMPLETE, pb.Execution.FAILED


def test_push_refusals_of_a_pushed_model_are_none(pushes: Pushes) -> None:
    pushes.add("one", COMPLETE, pushed=True, model=True, infra=True)
    assert push_refusals(pushes.view, "Pusher", "one") == []
    line = line_of_attempt(pushes.view, "Pusher", "one", 1.5, cache=True)
    assert (line.state, line.seconds, line.facts) == ("ran", 1.5, "version one")


@pytest.mark.parametrize(
    ("model", "infra", "said"),
    [
        (False, True, ["the Evaluator refused the model"]),
        (True, False, ["the infrastructure check refused the model"]),
        (
            False,
            False,
            ["the Evaluator refused the model", "the infrastructure check refused the model"],
        ),
    ],
)
def test_push_refusals_name_the_gates(
    pushes: Pushes, model: bool, infra: bool, said: list[str]
) -> None:
    pushes.add("one", COMPLETE, pushed=False, model=model, infra=infra)
    refusals = push_refusals(pushes.view, "Pusher", "one")
    assert [refusal.what for refusal in refusals] == said
    line = line_of_attempt(pushes.view, "Pusher", "one", 0.1, before=True)
    assert line.facts == "nothing pushed"


def test_push_refusals_give_the_verdict_of_the_evaluator(pushes: Pushes) -> None:
    pushes.add("one", COMPLETE, pushed=False, model=False, infra=True)
    Verdict(False, "", refusals=[Problem("`auc` is too low", received="0.5")]).write(pushes.folder)
    refusals = push_refusals(pushes.view, "Pusher", "one")
    assert [x.what for x in refusals] == ["the Evaluator refused the model", "`auc` is too low"]
    assert refusals[1].received == "0.5"


def test_push_refusals_give_what_an_export_differs_by(pushes: Pushes) -> None:
    pushes.add("one", COMPLETE, pushed=False, model=False, infra=True)
    Verdict(True, "").write(pushes.folder)
    refused = (Problem("onnx is refused"), Problem("they part at `fare`", received="2 rows"))
    ExportVerdict(False, refusals=refused).write(pushes.folder)
    said, *reasons, rows = push_refusals(pushes.view, "Pusher", "one")
    assert said.what == "the model in other formats was refused"
    assert "export.formats" in str(said.next_step)
    assert reasons == [*refused]
    assert str(rows.place).endswith("/export.json")


def test_push_refusals_of_a_model_that_was_not_exported_name_the_judge_before(
    pushes: Pushes,
) -> None:
    pushes.add("one", COMPLETE, pushed=False, model=False, infra=True)
    Verdict(False, "", refusals=[Problem("`auc` is too low")]).write(pushes.folder)
    ExportVerdict(False, note="nothing was exported").write(pushes.folder)
    refusals = push_refusals(pushes.view, "Pusher", "one")
    assert [x.what for x in refusals] == ["the Evaluator refused the model", "`auc` is too low"]


def test_line_of_a_step_that_is_not_done_is_an_error(pushes: Pushes) -> None:
    pushes.add("one", FAILED, pushed=False, model=True, infra=True)
    with pytest.raises(LookupError, match="inputs could not be found"):
        line_of_attempt(pushes.view, "Pusher", "one", 1, cache=True)
