"""Servables whose model gives the arrays that it was made with."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.types import Servable, Signature, TensorSpec


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


def refusal(coroutine: Any) -> tuple[Code, str]:
    with pytest.raises(ServingError) as caught:
        asyncio.run(coroutine)
    return caught.value.code, caught.value.message
