"""Evaluations of rows and models that one would rather not have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.components.evaluator.evaluating import Evaluated, Evaluation
from tfx_pipeline.errors import StepError
from tfx_pipeline.evaluation.kept_rows import KeptRows
from tfx_pipeline.evaluation.verdict import Bounds

pytestmark = pytest.mark.slow


def rows(count: int = 200, **more: Any) -> list[dict[str, Any]]:
    random = np.random.default_rng(1)
    labels = (random.random(count) < 0.4).astype(float)
    answers = np.clip(0.4 * labels + random.random(count) / 2, 0, 1)
    return [
        {"answer": [float(y)], "label": [float(x)]}
        | {name: value for name, each in more.items() if (value := each(i))}
        for i, (x, y) in enumerate(zip(labels, answers, strict=True))
    ]


def facts_of(evaluated: Evaluated) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((evaluated.evaluation / "evaluation.json").read_text())
    return facts


def test_evaluation_of_no_rows_refuses_and_writes_every_file(evaluation: Evaluation) -> None:
    import tensorflow_model_analysis as tfma

    evaluated = evaluation.run("binary", [], {"auc": Bounds(min=0.5)}, train=rows(),
                               slices=[["kind"]], baseline=0.1)  # fmt: skip
    assert evaluated.files == {"NOT_BLESSED", "verdict.json"}
    assert "there is no row with a label" in str(evaluated.verdict.refusals)
    assert facts_of(evaluated)["rows"] == 0
    assert len(KeptRows.read(evaluated.evaluation).ids) == 0
    result = tfma.load_eval_result(str(evaluated.evaluation), model_name="candidate")
    assert result.slicing_metrics[0][1][""][""]["rows"] == {"doubleValue": 0.0}


def test_evaluation_of_one_class_says_why_there_is_no_linear_model(evaluation: Evaluation) -> None:
    one = [{**row, "label": [0.0]} for row in rows()]
    evaluated = evaluation.run("binary", one, {"accuracy": Bounds(min=0.1)})
    assert "there is no linear model to compare with" in str(evaluated.verdict.notes)
    assert "all 200 training rows have the label 'no'" in str(evaluated.verdict.notes)
    assert evaluated.verdict.blessed


@pytest.mark.parametrize(
    ("task", "width", "said"),
    [("multiclass", 1, "gives no 'probability'"), ("regression", None, "it gives ['value']")],
)
def test_baseline_of_another_task_is_named_and_nothing_is_compared(
    evaluation: Evaluation, task: str, width: int | None, said: str
) -> None:
    last = evaluation.model("other", task, width=width)
    evaluated = evaluation.run("binary", rows(), {"auc": Bounds(min=0.5)}, baseline=last)
    verdict = evaluated.verdict
    assert verdict.blessed and not verdict.has_baseline and facts_of(evaluated)["changes"] == {}
    (note,) = [x for x in verdict.notes if "last blessed model" in x]
    assert note.startswith("nothing is compared with the last blessed model: it does not answer")
    assert said in note
    # It is still known which one it was.
    assert evaluated.blessing.get_int_custom_property("baseline_model_id") == len("other")


def test_baseline_of_another_schema_is_named_and_nothing_is_compared(
    evaluation: Evaluation,
) -> None:
    last = evaluation.model("wide", "binary", width=2)  # reads two numbers where there is one
    evaluated = evaluation.run("binary", rows(), {"auc": Bounds(min=0.5)}, baseline=last)
    assert evaluated.verdict.blessed and not evaluated.verdict.has_baseline
    assert "Key: answer" in str(evaluated.verdict.notes)


def test_baseline_that_cannot_be_loaded_is_named(evaluation: Evaluation) -> None:
    last = evaluation.model("gone", "binary")
    (Path(last.uri) / "Format-Serving/saved_model.pb").write_bytes(b"no model")
    evaluated = evaluation.run("binary", rows(), {"auc": Bounds(min=0.5)}, baseline=last)
    assert evaluated.verdict.blessed and not evaluated.verdict.has_baseline
    assert "nothing is compared with the last blessed model" in str(evaluated.verdict.notes)


def test_slice_column_that_is_in_no_row_is_named(evaluation: Evaluation) -> None:
    evaluated = evaluation.run("binary", rows(), {"auc": Bounds(min=0.5)}, slices=[["no such"]])
    assert "there are no slices by `no such`: no row has such a column" in evaluated.verdict.notes
    assert facts_of(evaluated)["slices"] == []


def test_slices_of_names_with_quotes_newlines_and_emoji_are_kept(evaluation: Evaluation) -> None:
    values = ['say "no"', "two\nlines", "🐧", "<script>"]
    name = 'a "col" 🐧'
    made = rows(**{name: lambda i: [values[i % 4].encode()]})
    evaluated = evaluation.run("binary", made, {"auc": Bounds(min=0.5)}, slices=[[name]])
    found = {tuple(each["values"]): each["rows"] for each in facts_of(evaluated)["slices"]}
    assert found == {(value,): 50 for value in values}
    assert set(KeptRows.read(evaluated.evaluation).slices[name]) == set(values)


def test_slices_of_bytes_that_are_no_text_are_shown_escaped(evaluation: Evaluation) -> None:
    import tensorflow_model_analysis as tfma

    made = rows(kind=lambda i: [b"\xff\xfe" if i % 2 else b"x"])
    evaluated = evaluation.run("binary", made, {"auc": Bounds(min=0.5)}, slices=[["kind"]])
    assert {each["values"][0] for each in facts_of(evaluated)["slices"]} == {"x", "\\xff\\xfe"}
    assert len(tfma.load_eval_result(str(evaluated.evaluation)).slicing_metrics) == 3


def test_slice_column_whose_type_shows_late_is_read(evaluation: Evaluation) -> None:
    made = rows(hour=lambda i: [i % 2] if i >= 100 else [])  # after the rows that are looked at
    evaluated = evaluation.run("binary", made, {"auc": Bounds(min=0.5)}, slices=[["hour"]])
    found = {each["values"][0]: each["rows"] for each in facts_of(evaluated)["slices"]}
    assert found == {"0": 50, "1": 50}


def test_rows_of_unknown_label_count_nowhere(evaluation: Evaluation) -> None:
    made = rows(known=lambda i: [float(i >= 50)], kind=lambda i: [b"x" if i < 60 else b"y"])
    evaluated = evaluation.run("binary", made, {"auc": Bounds(min=0.5)}, slices=[["kind"]])
    facts = facts_of(evaluated)
    assert facts["rows"] == 150
    assert {x["values"][0]: x["rows"] for x in facts["slices"]} == {"x": 10, "y": 140}
    assert KeptRows.read(evaluated.evaluation).of == 150


def test_damaged_eval_file_is_named(evaluation: Evaluation) -> None:
    from tfx_pipeline.components.evaluator.split_files import blocks_of

    examples = evaluation.examples("binary", 1, eval=rows())
    (file,) = Path(examples.uri).glob("Split-eval/*")
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(StepError, match="the examples cannot be read"):
        list(blocks_of([str(file)]))


def test_baseline_that_takes_a_column_no_row_has_is_named(evaluation: Evaluation) -> None:
    from tensorflow.core.protobuf import saved_model_pb2

    last = evaluation.model("last", "binary", 0.1)
    file = Path(last.uri, "Format-Serving", "saved_model.pb")
    saved = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    for name in ("size (m)", "zz"):
        saved.meta_graphs[0].signature_def["serving_default"].inputs[name].name = f"{name}:0"
    file.write_bytes(saved.SerializeToString())
    asked = {"size (m)": lambda i: [1.0] if i == 3 else None}
    evaluated = evaluation.run("binary", rows(**asked), {"auc": Bounds(min=0.5)}, baseline=last)
    assert evaluated.verdict.has_baseline
    (note,) = [x for x in evaluated.verdict.notes if "last blessed model" in x]
    assert "also takes `zz`, of which no eval row has a value" in note
