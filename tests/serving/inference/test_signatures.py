from __future__ import annotations

import pytest

from tests.serving.fakes import predicting, refusal
from tfx_pipeline.serving.errors import Code
from tfx_pipeline.serving.inference import NoSignature, find_signature


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
