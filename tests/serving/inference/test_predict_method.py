from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from tests.serving.fakes import predicting, refusal, servable, signature
from tfx_pipeline.serving import inference
from tfx_pipeline.serving.errors import Code
from tfx_pipeline.serving.inference import NoSignature, Settings, find_signature


def test_predict_feeds_and_fetches_by_tensor_name() -> None:
    model = predicting()
    outputs = asyncio.run(inference.predict(model, "", {"a": 1, "b": 2}, timeout_s=3.0))

    assert outputs == {"y": [1], "z": [2]}
    assert model.model.runs == [({"a:0": 1, "b:0": 2}, ["y:0", "z:0"], 3.0)]  # type: ignore[attr-defined]


def test_predict_with_a_filter_runs_only_its_outputs_in_its_order() -> None:
    model = predicting()
    asyncio.run(inference.predict(model, "", {"a": 1, "b": 2}, ["z", "y"]))
    asyncio.run(inference.predict(model, "", {"a": 1, "b": 2}, ["y"]))
    assert [run[1] for run in model.model.runs] == [["z:0", "y:0"], ["y:0"]]  # type: ignore[attr-defined]


NOT_FITTING = [
    (
        {},
        (),
        "input size does not match signature: 0!=2 len({}) != len({a,b}). "
        "Sent extra: {}. Missing but required: {a,b}.",
    ),
    (
        {"a": 1, "b": 1, "c": 1},
        (),
        "input size does not match signature: 3!=2 len({a,b,c}) != len({a,b}). "
        "Sent extra: {c}. Missing but required: {}.",
    ),
    (
        {"a": 1, "c": 1},
        (),
        "Signature input alias: b(feed name: b:0) not found in request and no default value "
        "provided. Inputs expected to be in the request {a,c}, or default input alias set: ",
    ),
    (
        {"a": 1, "b": 1},
        ["x"],
        "output tensor alias not found in signature: x Outputs expected to be in the set {y,z}.",
    ),
    ({"a": 1, "b": 1}, ["y", "y"], "duplicate output tensor alias: y"),
]


@pytest.mark.parametrize(("inputs", "output_filter", "text"), NOT_FITTING)
def test_predict_that_does_not_fit_the_signature_is_refused(
    inputs: dict[str, Any], output_filter: Sequence[str], text: str
) -> None:
    refused = refusal(inference.predict(predicting(), "", inputs, output_filter))
    assert refused == (Code.INVALID_ARGUMENT, text)


def test_predict_of_another_method_is_refused_if_that_is_checked() -> None:
    model = servable(signature("serving_default", "a", "y", "mine"), y=1)
    assert asyncio.run(inference.predict(model, "", {"a": 1})) == {"y": 1}
    call = inference.predict(model, "", {"a": 1}, settings=Settings(check_method_name=True))
    assert refusal(call) == (
        Code.INTERNAL,
        "Expected prediction signature method_name to be one of {tensorflow/serving/predict, "
        "tensorflow/serving/classify, tensorflow/serving/regress}. Was: mine",
    )


def test_predict_reports_its_run_and_no_failed_one() -> None:
    seen: list[tuple[str, str, bool]] = []
    settings = Settings(observe_runtime=lambda *run: seen.append((*run[:2], run[2] > 0)))
    asyncio.run(inference.predict(predicting(), "", {"a": 1, "b": 1}, settings=settings))
    refusal(inference.predict(predicting(), "", {}, settings=settings))
    assert seen == [("m", "Predict", True)]


def test_find_signature_of_the_empty_name_is_serving_default() -> None:
    assert find_signature(predicting(), "").name == "serving_default"


MISSING = [
    (NoSignature.PREDICT, Code.FAILED_PRECONDITION, 'Serving signature key "s" not found.'),
    (
        NoSignature.REST_PREDICT,
        Code.INVALID_ARGUMENT,
        'Serving signature name: "s" not found in signature def',
    ),
    (NoSignature.EXAMPLES, Code.INVALID_ARGUMENT, "No signature was found with the name: s"),
    (NoSignature.MULTI, Code.INVALID_ARGUMENT, "Requested signature not found in model graph: s"),
]


@pytest.mark.parametrize(("missing", "code", "text"), MISSING)
def test_find_signature_of_none_says_it_as_asked(
    missing: NoSignature, code: Code, text: str
) -> None:
    assert refusal(find_signature, predicting(), "s", missing) == (code, text)
