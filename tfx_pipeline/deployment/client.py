"""Clients of a model server: their face, and the one by REST; `grpc_client` is the other one.

Terms:
    row: input values by alias, for one row: a number, text, bool, or nested lists of them.
    answer: output values by alias, for one row; bytes that are not UTF-8 keep their escapes.

Imports neither TensorFlow nor gRPC.
"""

from __future__ import annotations

import enum
import json
import ssl
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.types import ModelSpec, Signature, StateName, TensorSpec, VersionState

_CODES = {code.http_status: code for code in reversed(Code)}  # of several, the first


class DataType(enum.IntEnum):
    """Data types of TensorFlow that JSON can carry, by their numbers."""

    DT_FLOAT = 1
    DT_DOUBLE = 2
    DT_INT32 = 3
    DT_UINT8 = 4
    DT_INT16 = 5
    DT_INT8 = 6
    DT_STRING = 7
    DT_INT64 = 9
    DT_BOOL = 10
    DT_UINT16 = 17
    DT_UINT32 = 22
    DT_UINT64 = 23


class UnreachableError(ServingError):
    """No server answers at the address."""

    def __init__(self, address: str, cause: str) -> None:
        super().__init__(Code.UNAVAILABLE, f"no server answers at {address}: {cause}")
        self.address = address


@dataclass(frozen=True)
class ModelMetadata:
    """A version that a server has loaded, and its signatures by name."""

    version: int
    signatures: Mapping[str, Signature]


@dataclass(frozen=True)
class Security:
    """How to be trusted and whom to trust."""

    token: str | None = None  # sent as `Authorization: Bearer`
    ca_file: str | None = None  # PEM, of the authorities to trust; none: those of the system

    @property
    def headers(self) -> dict[str, str]:
        """The headers of each call."""
        return {"authorization": f"Bearer {self.token}"} if self.token else {}


class Client(Protocol):
    """What both clients do; each method raises a ServingError, `UnreachableError` among them."""

    address: str

    def states(self, name: str) -> list[VersionState]:
        """Give the states of a model's versions, newest first."""

    def metadata(self, spec: ModelSpec) -> ModelMetadata:
        """Describe the version that answers."""

    def predict(
        self, spec: ModelSpec, signature: Signature, rows: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """Give an answer a row."""

    def close(self) -> None:
        """Close the connection."""


class RestClient:
    """Talks to the REST port over one connection; `Client` says what the methods do.

    The URL is `http://host:port`, or https; the scheme may be left out.

    Raises:
        ValueError: the URL cannot be used.
    """

    def __init__(self, url: str, timeout_s: float = 30.0, security: Security | None = None) -> None:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"not a URL of a server: {url}")
        self.address = f"{parts.scheme}://{parts.netloc}"
        self._prefix = parts.path.rstrip("/")
        security = security or Security()
        self._headers = security.headers
        self._connection: HTTPConnection
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=security.ca_file)
            self._connection = HTTPSConnection(
                parts.hostname, parts.port, timeout=timeout_s, context=context
            )
        else:
            self._connection = HTTPConnection(parts.hostname, parts.port, timeout=timeout_s)

    def states(self, name: str) -> list[VersionState]:
        """Give the states of a model's versions, newest first."""
        content = self._ask("GET", f"/v1/models/{quote(name, safe='')}")
        return [_state(each) for each in content["model_version_status"]]

    def metadata(self, spec: ModelSpec) -> ModelMetadata:
        """Describe the version that answers."""
        content = self._ask("GET", f"{_path(spec)}/metadata")
        definitions = content["metadata"]["signature_def"]["signature_def"]
        signatures = {name: _signature(name, each) for name, each in definitions.items()}
        return ModelMetadata(int(content["model_spec"]["version"]), signatures)

    def predict(
        self, spec: ModelSpec, signature: Signature, rows: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """Give an answer a row."""
        request: dict[str, Any] = {"instances": [dict(row) for row in rows]}
        if spec.signature_name:
            request = {"signature_name": spec.signature_name, **request}
        content = self._ask("POST", f"{_path(spec)}:predict", request)
        answers = [_without_b64(answer) for answer in content["predictions"]]
        if len(signature.outputs) == 1:
            (name,) = signature.outputs
            return [{name: answer} for answer in answers]
        return [dict(sorted(answer.items())) for answer in answers]

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _ask(self, method: str, path: str, request: Any = None) -> Any:
        body = json.dumps(request).encode() if request is not None else None  # NaN stays NaN
        try:
            status, answer = self._exchange(method, self._prefix + path, body)
        except (OSError, HTTPException) as error:
            self._connection.close()
            cause = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise UnreachableError(self.address, cause) from error
        try:
            content = json.loads(answer)
        except ValueError as error:
            text = answer[:200].decode(errors="replace")
            raise ServingError(Code.UNKNOWN, f"HTTP {status}, and not JSON: {text}") from error
        if status != 200:
            message = content.get("error", content) if isinstance(content, dict) else content
            raise ServingError(_CODES.get(status, Code.UNKNOWN), str(message))
        return content

    def _exchange(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        for last in (False, True):
            reused = self._connection.sock is not None
            try:
                self._connection.request(method, path, body, self._headers)
                response = self._connection.getresponse()
                return response.status, response.read()
            except (ConnectionError, HTTPException):
                self._connection.close()
                if last or not reused:  # else the server may only have closed an idle connection
                    raise
        raise AssertionError("unreachable")


def _path(spec: ModelSpec) -> str:
    path = f"/v1/models/{quote(spec.name, safe='')}"
    if spec.version is not None:
        return f"{path}/versions/{spec.version}"
    return f"{path}/labels/{quote(spec.version_label, safe='')}" if spec.version_label else path


def _without_b64(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_b64(each) for each in value]
    if isinstance(value, dict):
        if value.keys() == {"b64"}:
            return b64decode(value["b64"]).decode(errors="backslashreplace")
        return {name: _without_b64(each) for name, each in value.items()}
    return value


def _state(status: Mapping[str, Any]) -> VersionState:
    problem = status.get("status", {})
    code = Code.__members__.get(problem.get("error_code", "OK"), Code.UNKNOWN)
    state = StateName.__members__.get(status["state"], StateName.UNKNOWN)
    return VersionState(int(status["version"]), state, code, problem.get("error_message", ""))


def _signature(name: str, definition: Mapping[str, Any]) -> Signature:
    inputs, outputs = (
        {alias: _tensor(each) for alias, each in definition.get(side, {}).items()}
        for side in ("inputs", "outputs")
    )
    return Signature(name, definition.get("method_name", ""), inputs, outputs)


def _tensor(info: Mapping[str, Any]) -> TensorSpec:
    dtype = DataType.__members__.get(info["dtype"], 0)
    shape = info.get("tensor_shape", {})
    sizes = None if shape.get("unknown_rank") else tuple(int(x["size"]) for x in shape["dim"])
    return TensorSpec(info.get("name", ""), int(dtype), sizes)
