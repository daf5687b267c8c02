from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from tfx_pipeline.serving import inference
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.inference import InferenceTask, NoSignature, Settings, find_signature
from tfx_pipeline.serving.types import Servable, Signature, TensorSpec

CLASSIFY, REGRESS = inference.CLASSIFY_METHOD, inference.REGRESS_METHOD
EXAMPLES = [b"one", b"two"]


class FakeModel:
    """Gives the arrays that it was made with, by tensor name, and notes what it is asked."""

    def __init__(self, signatures: Sequence[Signature], arrays: dict[str, Any]) -> None:
        self.signatures = {each.name: each for each in signatures}
        self.signature_defs: dict[str, Any] = dict.fromkeys(self.signatures, "its text")
        self.arrays = arrays
        self.runs: list[tuple[dict[str, Any], list[str], float | None]] = []

    async def run(self, inputs: Any, outputs: Any, timeout_s: float | None = None) -> list[Any]:
        self.runs.append((dict(inputs), list(outputs), timeout_s))
        return [self.arrays[name] for name in outputs]


def signature(name: str, inputs: str, outputs: str, method: str = "") -> Signature:
    """Make a signature of aliases, with `:0` behind each for the tensor."""
    specs = [
        {alias: TensorSpec(f"{alias}:0", 1, (-1,)) for alias in names.split()}
        for names in (inputs, outputs)
    ]
    return Signature(name, method, *specs)


def servable(*signatures: Signature, **arrays: Any) -> Servable:
    model = FakeModel(signatures, {f"{alias}:0": value for alias, value in arrays.items()})
    return Servable("m", 1, model, model)


def predicting() -> Servable:
    return servable(
        signature("serving_default", "a b", "y z"), y=np.float32([1]), z=np.float32([2])
    )


def classifying(outputs: str = "classes scores", **arrays: Any) -> Servable:
    given = {
        "classes": np.array([[b"no", b"yes"]] * 2, object),
        "scores": np.float32([[0.75, 0.25], [0, 1]]),
        **arrays,
    }
    return servable(signature("serving_default", "inputs", outputs), **given)


def regressing(outputs: Any) -> Servable:
    return servable(signature("serving_default", "inputs", "outputs"), outputs=outputs)


def refusal(coroutine: Any) -> tuple[Code, str]:
    with pytest.raises(ServingError) as caught:
        asyncio.run(coroutine)
    return caught.value.code, caught.value.message


def test_find_signature_of_the_empty_name_is_serving_default() -> None:
    assert find_signature(predicting(), "").name == "serving_default"


@pytest.mark.parametrize(
    ("missing", "code", "text"),
    [
        (
            NoSignature.PREDICT,
            Code.FAILED_PRECONDITION,
            'Serving signature key "s" not found.',
        ),
        (
            NoSignature.REST_PREDICT,
            Code.INVALID_ARGUMENT,
            'Serving signature name: "s" not found in signature def',
        ),
        (
            NoSignature.EXAMPLES,
            Code.INVALID_ARGUMENT,
            "No signature was found with the name: s",
        ),
        (
            NoSignature.MULTI,
            Code.INVALID_ARGUMENT,
            "Requested signature not found in model graph: s",
        ),
    ],
)
def test_find_signature_of_none_says_it_as_asked(
    missing: NoSignature, code: Code, text: str
) -> None:
    with pytest.raises(ServingError) as caught:
        find_signature(predicting(), "s", missing)
    assert (caught.value.code, caught.value.message) == (code, text)


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


@pytest.mark.parametrize(
    ("inputs", "output_filter", "text"),
    [
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
            "output tensor alias not found in signature: x "
            "Outputs expected to be in the set {y,z}.",
        ),
        ({"a": 1, "b": 1}, ["y", "y"], "duplicate output tensor alias: y"),
    ],
)
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


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: classifying(classes=np.array([b"no", b"yes"], object)),
            "Expected Tensor shape: [batch_size num_classes] but got [2]",
        ),
        (
            lambda: classifying(classes=np.float32([[1], [2]])),
            "Expected classes Tensor of DT_STRING. Got: DT_FLOAT",
        ),
        (
            lambda: classifying(classes=np.array([[b"no"]], object)),
            "Expected classes output batch size of 2. Got: 1",
        ),
        (
            lambda: classifying(scores=np.float32([1, 2])),
            "Expected Tensor shape: [batch_size num_classes] but got [2]",
        ),
        (
            lambda: classifying(scores=np.float32([[1]])),
            "Expected scores output batch size of 2. Got: 1",
        ),
        (
            lambda: classifying(scores=np.float32([[1], [2]])),
            "Tensors class and score should match in dim_size(1). Got 2 vs. 1",
        ),
        (
            lambda: servable(signature("serving_default", "inputs more", "classes")),
            "Expected one input Tensor.",
        ),
        (
            lambda: servable(signature("serving_default", "inputs", "classes scores more")),
            "Expected one or two output Tensors, found 3",
        ),
        (
            lambda: servable(signature("serving_default", "x", "classes")),
            "No classification inputs found in SignatureDef: its text",
        ),
        (
            lambda: servable(signature("serving_default", "inputs", "y")),
            'Expected classification signature outputs to contain at least one of "classes" or '
            '"scores". Signature was: its text',
        ),
    ],
)
def test_classify_of_what_does_not_classify_is_refused(
    make: Callable[[], Servable], text: str
) -> None:
    refused = refusal(inference.classify(make(), "", EXAMPLES))
    assert refused == (Code.INVALID_ARGUMENT, text)


@pytest.mark.parametrize("shape", [(2,), (2, 1)])
def test_regress_gives_a_value_for_each_example(shape: tuple[int, ...]) -> None:
    model = regressing(np.float32([1.5, 2.5]).reshape(shape))
    assert asyncio.run(inference.regress(model, "", EXAMPLES)) == [1.5, 2.5]
    (feeds, _, _) = model.model.runs[0]  # type: ignore[attr-defined]
    assert feeds["inputs:0"].tolist() == EXAMPLES
    assert feeds["inputs:0"].dtype == object


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: regressing(np.float32([[1, 2], [3, 4]])),
            "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] "
            "but got [2,2]",
        ),
        (
            lambda: regressing(np.float32([1])),
            "Input batch size did not match output batch size: 2 vs. 1",
        ),
        (
            lambda: regressing(np.array([b"1", b"2"], object)),
            "Expected output Tensor of DT_FLOAT.  Got: DT_STRING",
        ),
        (
            lambda: servable(signature("serving_default", "inputs", "outputs more")),
            "Expected one output Tensor.",
        ),
        (
            lambda: servable(signature("serving_default", "x", "outputs")),
            "No regression inputs found in SignatureDef: its text",
        ),
        (
            lambda: servable(signature("serving_default", "inputs", "y")),
            "No regression outputs found in SignatureDef: its text",
        ),
    ],
)
def test_regress_of_what_does_not_regress_is_refused(
    make: Callable[[], Servable], text: str
) -> None:
    refused = refusal(inference.regress(make(), "", EXAMPLES))
    assert refused == (Code.INVALID_ARGUMENT, text)


def test_classify_and_regress_without_examples_are_refused() -> None:
    empty = (Code.INVALID_ARGUMENT, "Input is empty.")
    assert refusal(inference.classify(classifying(), "", [])) == empty
    assert refusal(inference.regress(regressing(np.float32([])), "", [])) == empty


def test_classify_of_another_method_is_refused_if_that_is_checked() -> None:
    checked = Settings(check_method_name=True)
    assert refusal(inference.classify(classifying(), "", EXAMPLES, settings=checked)) == (
        Code.INVALID_ARGUMENT,
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


@pytest.mark.parametrize(
    ("tasks", "code", "text"),
    [
        (
            [InferenceTask("", "r", REGRESS)],
            Code.INVALID_ARGUMENT,
            "Found ModelSpec with an empty model name.",
        ),
        (
            [InferenceTask("m", "r", REGRESS), InferenceTask("n", "c", CLASSIFY)],
            Code.INVALID_ARGUMENT,
            "All ModelSpecs in a MultiInferenceRequest must access the same model name.",
        ),
        (
            [InferenceTask("m", "", REGRESS), InferenceTask("m", "serving_default", REGRESS)],
            Code.INVALID_ARGUMENT,
            "Duplicate evaluation of signature: serving_default",
        ),
        (
            [InferenceTask("m", "s", REGRESS)],
            Code.INVALID_ARGUMENT,
            "Requested signature not found in model graph: s",
        ),
        (
            [InferenceTask("m", "", inference.PREDICT_METHOD)],
            Code.UNIMPLEMENTED,
            "Unsupported signature method_name: tensorflow/serving/predict",
        ),
    ],
)
def test_multi_of_bad_tasks_is_refused(tasks: list[InferenceTask], code: Code, text: str) -> None:
    model = servable(
        signature("serving_default", "inputs", "outputs"),
        signature("c", "inputs", "scores"),
        signature("r", "inputs", "outputs"),
    )
    assert refusal(inference.multi(model, tasks, EXAMPLES)) == (code, text)
