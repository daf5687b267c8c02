from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from tests.serving.fakes import refusal, servable, signature
from tfx_pipeline.serving import inference
from tfx_pipeline.serving.errors import Code
from tfx_pipeline.serving.inference import InferenceTask, Settings
from tfx_pipeline.serving.types import CLASSIFY_METHOD, PREDICT_METHOD, REGRESS_METHOD, Servable

INVALID = Code.INVALID_ARGUMENT
CLASSIFY, REGRESS = CLASSIFY_METHOD, REGRESS_METHOD
EXAMPLES = [b"one", b"two"]


def classifying(outputs: str = "classes scores", **arrays: Any) -> Servable:
    given = {
        "classes": np.array([[b"no", b"yes"]] * 2, object),
        "scores": np.float32([[0.75, 0.25], [0, 1]]),
        **arrays,
    }
    return servable(signature("serving_default", "inputs", outputs), **given)


def bare(inputs: str, outputs: str) -> Servable:
    return servable(signature("serving_default", inputs, outputs))


def regressing(outputs: Any) -> Servable:
    return servable(signature("serving_default", "inputs", "outputs"), outputs=outputs)


def test_classify_gives_label_and_score_of_each_class() -> None:
    assert asyncio.run(inference.classify(classifying(), "", EXAMPLES)) == [
        [(b"no", 0.75), (b"yes", 0.25)],
        [(b"no", 0.0), (b"yes", 1.0)],
    ]


def test_classify_with_one_output_leaves_the_other_empty() -> None:
    labels = asyncio.run(inference.classify(classifying("classes"), "", EXAMPLES))
    assert labels == [[(b"no", 0.0), (b"yes", 0.0)]] * 2
    scores = asyncio.run(inference.classify(classifying("scores"), "", EXAMPLES))
    assert scores == [[(b"", 0.75), (b"", 0.25)], [(b"", 0.0), (b"", 1.0)]]


NOT_CLASSIFYING = [
    (
        classifying(classes=np.array([b"no", b"yes"], object)),
        "Expected Tensor shape: [batch_size num_classes] but got [2]",
    ),
    (
        classifying(classes=np.float32([[1], [2]])),
        "Expected classes Tensor of DT_STRING. Got: DT_FLOAT",
    ),
    (
        classifying(classes=np.array([[b"no"]], object)),
        "Expected classes output batch size of 2. Got: 1",
    ),
    (
        classifying(scores=np.float32([1, 2])),
        "Expected Tensor shape: [batch_size num_classes] but got [2]",
    ),
    (classifying(scores=np.float32([[1]])), "Expected scores output batch size of 2. Got: 1"),
    (
        classifying(scores=np.float32([[1], [2]])),
        "Tensors class and score should match in dim_size(1). Got 2 vs. 1",
    ),
    (bare("inputs more", "classes"), "Expected one input Tensor."),
    (bare("inputs", "classes scores more"), "Expected one or two output Tensors, found 3"),
    (bare("x", "classes"), "No classification inputs found in SignatureDef: its text"),
    (
        bare("inputs", "y"),
        'Expected classification signature outputs to contain at least one of "classes" or '
        '"scores". Signature was: its text',
    ),
]


@pytest.mark.parametrize(("model", "text"), NOT_CLASSIFYING)
def test_classify_of_what_does_not_classify_is_refused(model: Servable, text: str) -> None:
    refused = refusal(inference.classify(model, "", EXAMPLES))
    assert refused == (INVALID, text)


@pytest.mark.parametrize("shape", [(2,), (2, 1)])
def test_regress_gives_a_value_for_each_example(shape: tuple[int, ...]) -> None:
    model = regressing(np.float32([1.5, 2.5]).reshape(shape))
    assert asyncio.run(inference.regress(model, "", EXAMPLES)) == [1.5, 2.5]
    (feeds, _, _) = model.model.runs[0]  # type: ignore[attr-defined]
    assert feeds["inputs:0"].tolist() == EXAMPLES
    assert feeds["inputs:0"].dtype == object


NOT_REGRESSING = [
    (
        regressing(np.float32([[1, 2], [3, 4]])),
        "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got [2,2]",
    ),
    (regressing(np.float32([1])), "Input batch size did not match output batch size: 2 vs. 1"),
    (
        regressing(np.array([b"1", b"2"], object)),
        "Expected output Tensor of DT_FLOAT.  Got: DT_STRING",
    ),
    (bare("inputs", "outputs more"), "Expected one output Tensor."),
    (bare("x", "outputs"), "No regression inputs found in SignatureDef: its text"),
    (bare("inputs", "y"), "No regression outputs found in SignatureDef: its text"),
]


@pytest.mark.parametrize(("model", "text"), NOT_REGRESSING)
def test_regress_of_what_does_not_regress_is_refused(model: Servable, text: str) -> None:
    refused = refusal(inference.regress(model, "", EXAMPLES))
    assert refused == (INVALID, text)


def test_classify_and_regress_without_examples_are_refused() -> None:
    empty = (INVALID, "Input is empty.")
    assert refusal(inference.classify(classifying(), "", [])) == empty
    assert refusal(inference.regress(regressing(np.float32([])), "", [])) == empty


def test_classify_of_another_method_is_refused_if_that_is_checked() -> None:
    checked = Settings(check_method_name=True)
    assert refusal(inference.classify(classifying(), "", EXAMPLES, settings=checked)) == (
        INVALID,
        "Expected classification signature method_name to be tensorflow/serving/classify. Was: ",
    )
    model = servable(
        signature("serving_default", "inputs", "outputs", REGRESS), outputs=np.float32([1, 2])
    )
    assert asyncio.run(inference.regress(model, "", EXAMPLES, settings=checked)) == [1, 2]


def test_multi_runs_all_tasks_at_once_on_the_same_examples() -> None:
    model = servable(
        signature("c", "inputs", "scores"),
        signature("r", "inputs", "outputs"),
        scores=np.float32([[0.5], [0.25]]),
        outputs=np.float32([1, 2]),
    )
    tasks = [InferenceTask("m", "r", REGRESS), InferenceTask("m", "c", CLASSIFY)]
    results = asyncio.run(inference.multi(model, tasks, EXAMPLES, 2.0))

    assert results == [[1.0, 2.0], [[(b"", 0.5)], [(b"", 0.25)]]]
    ((feeds, fetches, timeout_s),) = model.model.runs  # type: ignore[attr-defined]
    assert (list(feeds), fetches, timeout_s) == (["inputs:0"], ["outputs:0", "scores:0"], 2.0)


BAD_TASKS = [
    ([InferenceTask("", "r", REGRESS)], INVALID, "Found ModelSpec with an empty model name."),
    (
        [InferenceTask("m", "r", REGRESS), InferenceTask("n", "c", CLASSIFY)],
        INVALID,
        "All ModelSpecs in a MultiInferenceRequest must access the same model name.",
    ),
    (
        [InferenceTask("m", "", REGRESS), InferenceTask("m", "serving_default", REGRESS)],
        INVALID,
        "Duplicate evaluation of signature: serving_default",
    ),
    (
        [InferenceTask("m", "s", REGRESS)],
        INVALID,
        "Requested signature not found in model graph: s",
    ),
    (
        [InferenceTask("m", "", PREDICT_METHOD)],
        Code.UNIMPLEMENTED,
        "Unsupported signature method_name: tensorflow/serving/predict",
    ),
]


@pytest.mark.parametrize(("tasks", "code", "text"), BAD_TASKS)
def test_multi_of_bad_tasks_is_refused(tasks: list[InferenceTask], code: Code, text: str) -> None:
    model = servable(
        signature("serving_default", "inputs", "outputs"),
        signature("c", "inputs", "scores"),
        signature("r", "inputs", "outputs"),
    )
    assert refusal(inference.multi(model, tasks, EXAMPLES)) == (code, text)
