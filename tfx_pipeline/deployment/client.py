"""What clients of a model server have in common: `rest_client` and `grpc_client` have this face.

Terms:
    row: input values by alias, for one row: a number, text, bool, or nested lists of them.
    answer: output values by alias, for one row; bytes that are not UTF-8 keep their escapes.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.types import ModelSpec, Signature, VersionState


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
    """How to be trusted and whom to trust.

    Attributes:
        token: sent as `Authorization: Bearer`.
        ca_file: PEM file of the authorities to trust; none: those of the system.
    """

    token: str | None = None
    ca_file: str | None = None

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
