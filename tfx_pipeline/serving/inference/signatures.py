"""Finding a signature of a model, and what holds for all requests to one."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.types import DEFAULT_SIGNATURE, Servable, Signature


class NoSignature(enum.Enum):
    """How each kind of request says that a model has no such signature: code and text."""

    PREDICT = (Code.FAILED_PRECONDITION, 'Serving signature key "{}" not found.')
    REST_PREDICT = (
        Code.INVALID_ARGUMENT,
        'Serving signature name: "{}" not found in signature def',
    )
    EXAMPLES = (Code.INVALID_ARGUMENT, "No signature was found with the name: {}")
    MULTI = (Code.INVALID_ARGUMENT, "Requested signature not found in model graph: {}")


@dataclass(frozen=True)
class Settings:
    """What holds for all requests of a server.

    Attributes:
        check_method_name: refuse a signature whose method name is not the request's.
        observe_runtime: called after each run that succeeds, with the name of the model, the kind
            of request ("Predict", "Classify" or "Regress") and the seconds.
    """

    check_method_name: bool = False
    observe_runtime: Callable[[str, str, float], None] | None = None

    def observe(self, servable: Servable, kind: str, started: float) -> None:
        """Tell how long a run took that began at `started` of `time.perf_counter`."""
        if self.observe_runtime is not None:
            self.observe_runtime(servable.name, kind, time.perf_counter() - started)


DEFAULT_SETTINGS = Settings()


def find_signature(
    servable: Servable, signature_name: str, missing: NoSignature = NoSignature.PREDICT
) -> Signature:
    """Return a signature, for no name `serving_default`; or raise the error that `missing` says."""
    name = signature_name or DEFAULT_SIGNATURE
    try:
        return servable.model.signatures[name]
    except KeyError:
        code, text = missing.value
        raise ServingError(code, text.format(name)) from None


def metadata(servable: Servable) -> Any:
    """Return all signatures of a model as a `SignatureDefMap`."""
    from tensorflow_serving.apis import get_model_metadata_pb2

    result = get_model_metadata_pb2.SignatureDefMap()
    for name, signature_def in servable.model.signature_defs.items():
        result.signature_def[name].CopyFrom(signature_def)
    return result
