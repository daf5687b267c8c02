"""Which paths mean what: the cases of TensorFlow Serving's own tests, and its patterns' corners."""

from __future__ import annotations

import pytest

from tfx_pipeline.serving.rest.routes import find_route
from tfx_pipeline.serving.types import ModelSpec

_RESERVED = b"%21%23%24%25%26%27%28%29%2A%2B%2C%2F%3A%3B%3D%3F%40%5B%5D"


@pytest.mark.parametrize(
    ("method", "target", "action", "spec"),
    [
        ("POST", "/v1/models/m:predict", "predict", ModelSpec("m")),
        ("POST", "/v1/models/m:classify", "classify", ModelSpec("m")),
        ("POST", "/v1/models/m:regress", "regress", ModelSpec("m")),
        ("POST", "/v1/models/m/versions/12:predict", "predict", ModelSpec("m", 12)),
        ("POST", "/v1/models/m/versions/0012:predict", "predict", ModelSpec("m", 12)),
        ("POST", "/v1/models/m/versions/0:predict", "predict", ModelSpec("m", 0)),
        ("POST", "/v1/models/m/labels/a%2Fb:predict", "predict", ModelSpec("m", None, "a/b")),
        ("POST", "/V1/Models/m/VERSIONS/3:predict", "predict", ModelSpec("m", 3)),
        ("POST", "http://h:8501/v1/models/m:predict", "predict", ModelSpec("m")),
        ("POST", "/v1/models/a%20b+c:predict", "predict", ModelSpec("a b+c")),
        ("GET", "/v1/models/m", "status", ModelSpec("m")),
        ("GET", "/v1/models/m/versions/9223372036854775807", "status", ModelSpec("m", 2**63 - 1)),
        ("GET", "/v1/models/m/labels/stable", "status", ModelSpec("m", None, "stable")),
        ("GET", "/v1/models/m/metadata", "metadata", ModelSpec("m")),
        ("GET", "/v1/models/m/versions/1/metadata", "metadata", ModelSpec("m", 1)),
        ("GET", "/v1/models/m/labels/l/metadata", "metadata", ModelSpec("m", None, "l")),
        ("GET", "/v1/models/m/METADATA", "status", ModelSpec("m")),
        ("GET", "/v1/models/metadata", "status", ModelSpec("metadata")),
        # The pattern of a name excludes `/` and `:` only.
        ("GET", "/v1/models/m?x=1", "status", ModelSpec("m?x=1")),
    ],
)
def test_route_of_a_path_that_means_something_names_the_model(
    method: str, target: str, action: str, spec: ModelSpec
) -> None:
    route = find_route(method.encode(), target.encode())
    assert (route.action, route.spec, route.problem) == (action, spec, "")


def test_route_with_all_reserved_characters_decodes_them() -> None:
    target = b"/v1/models/name" + _RESERVED + b"/labels/latest" + _RESERVED + b":predict"
    reserved = "!#$%&'()*+,/:;=?@[]"
    spec = find_route(b"POST", target).spec
    assert (spec.name, spec.version_label) == ("name" + reserved, "latest" + reserved)


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/v1/foo"),
        ("POST", "/v1/foo"),
        ("POST", "/v1/models"),
        ("GET", "/v1/models/debug/model_name"),
        ("GET", "/v1/models/foo:predict"),
        ("GET", "/v1/models/foo/version/50:predict"),
        ("POST", "/v1/models/foo/version/50:regress"),
        ("POST", "/v1/models/foo/versions/HELLO:regress"),
        ("POST", "/v1/models/foo/metadata"),
        ("POST", "/v1/models/foo/label/some_label:regress"),
        ("POST", "/v1/models/foo/versions/50/labels/some_label:regress"),
        ("POST", "/v1/models/foo:PREDICT"),
        ("POST", "/v1/models/foo:predict?x=1"),
        ("GET", "/v1/models/foo/metadata?x"),
        ("GET", "/v1/models/foo/versions/1#x"),
        ("GET", "/v1/"),
        ("PUT", "/v1/models/foo:predict"),
        ("HEAD", "/v1/models/foo"),
        ("DELETE", "/v1/models/foo"),
    ],
)
def test_route_of_a_path_that_means_nothing_says_so(method: str, target: str) -> None:
    route = find_route(method.encode(), target.encode())
    assert route.action == "malformed"
    assert route.problem
    assert route.problem == f"Malformed request: {method} {target}"


@pytest.mark.parametrize("number", ["9223372036854775808", "18446744073709551615", "9" * 5000])
def test_route_with_a_version_beyond_64_bits_says_so(number: str) -> None:
    route = find_route(b"POST", f"/v1/models/foo/versions/{number}:regress".encode())
    assert route.problem
    assert route.problem == f"Failed to convert version: {number} to numeric."


@pytest.mark.parametrize(
    "target", ["/v1/models", "/v1/models/versions/1", "/V1/models/metadata/metadata"]
)
def test_route_without_a_model_says_so(target: str) -> None:
    route = find_route(b"GET", target.encode())
    if target.endswith("metadata"):
        assert (route.action, route.spec.name) == ("metadata", "metadata")
    else:
        assert route.problem
        assert route.problem == "Missing model name in request."


@pytest.mark.parametrize(
    ("target", "action"),
    [("/", "foreign"), ("/v1", "foreign"), ("/v2/models/m", "foreign"), ("*", "foreign"),
     ("/v1/models/{m}:predict", "invalid"), ("/v1/models/%zz", "invalid"),
     ("/v1/models/a\"b", "invalid"), ("/v1/models/m\u00e9", "invalid")],
)  # fmt: skip
def test_route_outside_the_api_is_not_ours(target: str, action: str) -> None:
    assert find_route(b"GET", target.encode()).action == action
