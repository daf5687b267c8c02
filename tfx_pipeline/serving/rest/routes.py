"""Which model and which method a REST request names: the paths of TensorFlow Serving.

Terms:
    target: path and query as they were sent. Both patterns match all of it, so that a query is no
        part of any route. Letters match in either case, and yet `:PREDICT` is no method and
        `/METADATA` is the status: the texts that were matched are compared as they are.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from tfx_pipeline.serving.types import ModelSpec

_VERSION = rb"(?:(?:/versions/(\d+))|(?:/labels/([^/:]+)))?"
_PREDICTION = re.compile(
    rb"/v1/models/([^/:]+)" + _VERSION + rb":(classify|regress|predict)", re.IGNORECASE
)
_STATUS = re.compile(rb"/v1/models(?:/([^/:]+))?" + _VERSION + rb"(?:/(metadata))?", re.IGNORECASE)
_OURS = re.compile(rb"/v1/.*", re.IGNORECASE)
_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_CHARACTER = rb"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/%s]|%%[0-9A-Fa-f]{2})*"
_TARGET = re.compile(
    _CHARACTER % b"" + rb"(?:\?" + _CHARACTER % b"?" + rb")?(?:#" + _CHARACTER % b"?" + rb")?"
)
_MOST_VERSION = 2**63 - 1
_MOST_DIGITS = 19  # of that
# What is remembered is small whatever callers ask for: the usual paths of models that are served.
_MOST_ROUTES = 1024
_MOST_TARGET = 256  # bytes


class Route(NamedTuple):
    """What to do with a request.

    Attributes:
        action: `predict`, `classify`, `regress`, `status` or `metadata`; `malformed` for a path
            that is ours and means nothing, `foreign` for any other, `invalid` for what is no URI.
        spec: of the model; without a name for `GET /v1/models`.
        path: what is matched: the target without scheme and host.
        problem: what is wrong already, an INVALID_ARGUMENT; a text, for an error that is kept
            would keep the request that it was raised in.
    """

    action: str
    spec: ModelSpec
    path: bytes
    problem: str = ""


_ROUTES: dict[tuple[bytes, bytes], Route] = {}


def find_route(method: bytes, target: bytes) -> Route:
    """Find what a request is for; the body is not looked at."""
    route = _ROUTES.get((method, target))
    if route is None:
        route = _parsed_route(method, target)
        if not route.problem and len(target) <= _MOST_TARGET and route.spec.name:
            if len(_ROUTES) >= _MOST_ROUTES:
                _ROUTES.clear()
            _ROUTES[method, target] = route
    return route


def _parsed_route(method: bytes, target: bytes) -> Route:
    path = _SCHEME.sub(b"", target, count=1) if not target.startswith(b"/") else target
    nothing = ModelSpec("")
    if not _TARGET.fullmatch(path):
        return Route("invalid", nothing, path)
    if not _OURS.fullmatch(path):
        return Route("foreign", nothing, path)
    pattern = {b"POST": _PREDICTION, b"GET": _STATUS}.get(method)
    found = pattern.fullmatch(path) if pattern else None
    if not found:
        text = f"Malformed request: {_text(method)} {_text(path)}"
        return Route("malformed", nothing, path, text)
    name, version, version_label, last = found.groups()
    digits = version.lstrip(b"0") if version else b""
    if len(digits) > _MOST_DIGITS or int(digits or b"0") > _MOST_VERSION:
        text = f"Failed to convert version: {_text(version or b'')} to numeric."
        return Route("malformed", ModelSpec(_decoded(name) or ""), path, text)
    number = int(digits or b"0") if version else None
    spec = ModelSpec(_decoded(name) or "", number, _decoded(version_label))
    if method == b"POST":
        if last in (b"predict", b"classify", b"regress"):
            return Route(_text(last), spec, path)
        text = f"Malformed request: POST {_text(path)}"
        return Route("malformed", spec, path, text)
    if not spec.name:
        return Route("status", spec, path, "Missing model name in request.")
    return Route("metadata" if last == b"metadata" else "status", spec, path)


def _decoded(text: bytes | None) -> str | None:
    return None if text is None else _text(unquote_to_bytes(text))


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
