"""What the parts of the server hand to each other.

Terms:
    alias: name of an input or output in a signature; what callers use.
    tensor name: name in the graph, e.g. `serving_default_x:0`; what the session uses.
    array: NumPy array; strings are object arrays of `bytes`.
    dtype: number of TensorFlow's `DataType` enum.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tfx_pipeline.serving.errors import Code

DEFAULT_SIGNATURE = "serving_default"
PREDICT_METHOD = "tensorflow/serving/predict"
"""A method name: what a signature says that it is for; TensorFlow 2 writes this one always."""
CLASSIFY_METHOD = "tensorflow/serving/classify"
REGRESS_METHOD = "tensorflow/serving/regress"


@dataclass(frozen=True)
class ModelSpec:
    """Which model, and which version of it, a request is for.

    Attributes:
        name: of the model.
        version: none: the highest available one, or the version label's.
        version_label: none: by version.
        signature_name: empty: `serving_default`.
    """

    name: str
    version: int | None = None
    version_label: str | None = None
    signature_name: str = ""


@dataclass(frozen=True)
class TensorSpec:
    """An input or output of a signature.

    `shape` has -1 where any size will do; none: any rank.
    """

    name: str
    dtype: int
    shape: tuple[int, ...] | None


@dataclass(frozen=True, eq=False)
class Signature:
    """One way to call a model; `inputs` and `outputs` are by alias."""

    name: str
    method_name: str
    inputs: Mapping[str, TensorSpec]
    outputs: Mapping[str, TensorSpec]

    @functools.cached_property
    def remembered(self) -> dict[str, Any]:
        """What readers of requests make of the inputs once; it goes when the version goes."""
        return {}

    @functools.cached_property
    def sorted_inputs(self) -> tuple[str, ...]:
        """Aliases of the inputs."""
        return tuple(sorted(self.inputs))

    @functools.cached_property
    def feeds(self) -> tuple[str, ...]:
        """Tensor names of the inputs."""
        return tuple(spec.name for spec in self.inputs.values())

    @functools.cached_property
    def fetches(self) -> tuple[str, ...]:
        """Tensor names of the outputs."""
        return tuple(spec.name for spec in self.outputs.values())

    def outputs_of(self, fetches: Sequence[str], arrays: Sequence[Any]) -> dict[str, Any]:
        """Return arrays by alias that go by these tensor names."""
        by_name = dict(zip(fetches, arrays, strict=True))
        return {alias: by_name[spec.name] for alias, spec in self.outputs.items()}


def signatures_of(signature_defs: Mapping[str, Any]) -> dict[str, Signature]:
    """Read SignatureDef protos, by name."""
    return {
        name: Signature(
            name,
            each.method_name,
            {alias: _spec(info) for alias, info in each.inputs.items()},
            {alias: _spec(info) for alias, info in each.outputs.items()},
        )
        for name, each in signature_defs.items()
    }


def _spec(info: Any) -> TensorSpec:
    shape = info.tensor_shape
    sizes = None if shape.unknown_rank else tuple(dim.size for dim in shape.dim)
    return TensorSpec(info.name, info.dtype, sizes)


class RequestRows:
    """Inputs of a request that become arrays together with those of the others in its batch.

    A class, and not a protocol, for `isinstance`, which is asked several times a request. Without a
    signature it is not known yet what they are for.
    """

    __slots__ = ()

    signature: Signature | None
    count: int

    @property
    def kind(self) -> Hashable:
        """What must be equal for requests to share a batch."""
        raise NotImplementedError

    def part(self, start: int, stop: int) -> RequestRows:
        """Take the rows from `start` to before `stop`."""
        raise NotImplementedError

    def arrays(self) -> dict[str, Any]:
        """Make the arrays, by tensor name; INVALID_ARGUMENT: rows do not fit the signature."""
        raise NotImplementedError

    @staticmethod
    def merged(parts: Sequence[Any], padding: int) -> dict[str, Any]:
        """Make one array for each input of the rows of all parts, filled up by real rows.

        Args:
            parts: rows of this class, of one kind, and for one signature.
            padding: rows to add, each the first one of the last part.

        Raises:
            ServingError: INVALID_ARGUMENT, some rows do not fit the signature, or the others.
        """
        raise NotImplementedError

    @staticmethod
    def write_answers(parts: Sequence[Any], fetches: Sequence[str], arrays: Sequence[Any]) -> None:
        """Write what each part is answered with, where that is cheaper for all of them at once.

        Args:
            parts: rows of this class, in their order; those after them are padding.
            fetches: tensor names of the arrays.
            arrays: outputs of the signature.
        """


class Model(Protocol):
    """A loaded model. Its methods are safe to call from any thread."""

    signatures: Mapping[str, Signature]
    """By name, those without inputs or outputs too."""
    signature_defs: Mapping[str, Any]
    """The same as `SignatureDef` protos, for GetModelMetadata."""

    def run(
        self, inputs: Mapping[str, Any], outputs: Sequence[str], timeout_s: float | None = None
    ) -> list[Any]:
        """Run the graph: arrays by tensor name in, arrays in the order of `outputs` out.

        Raises:
            ServingError: with the code and the text of TensorFlow.
        """

    def close(self) -> None:
        """Free what it holds; nothing runs any more."""


class ModelRunner(Protocol):
    """Runs a model from the event loop: directly, or in batches of several requests."""

    async def run(
        self, inputs: Mapping[str, Any], outputs: Sequence[str], timeout_s: float | None = None
    ) -> list[Any]:
        """As `Model.run`; each request gets its own rows."""

    async def close(self) -> None:
        """Answer what is queued, then end."""


@dataclass(frozen=True)
class Servable:
    """One version of a model, ready to answer."""

    name: str
    version: int
    model: Model
    runner: ModelRunner


class StateName(enum.Enum):
    """Life of a version; the values are those of `ModelVersionStatus.State`."""

    UNKNOWN = 0
    START = 10
    LOADING = 20
    AVAILABLE = 30
    UNLOADING = 40
    END = 50


@dataclass(frozen=True)
class VersionState:
    """Where a version stands; `code` and `message` say why a failed one ended."""

    version: int
    state: StateName
    code: Code = Code.OK
    message: str = ""
