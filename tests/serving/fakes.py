"""Models, signatures and versions without TensorFlow; answers of batches, and refusals."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tfx_pipeline.serving.batching.options import BatchingOptions
from tfx_pipeline.serving.batching.scheduler import BatchingRunner, BatchScheduler
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


def specs(**dtypes: int) -> dict[str, TensorSpec]:
    """Make vectors of these data types, with `:0` behind each alias for the tensor."""
    return {alias: TensorSpec(f"{alias}:0", dtype, (-1,)) for alias, dtype in dtypes.items()}


def signature(name: str, inputs: str, outputs: str, method: str = "") -> Signature:
    """Make a signature of aliases, all of them float32."""
    sides = [specs(**dict.fromkeys(names.split(), 1)) for names in (inputs, outputs)]
    return Signature(name, method, *sides)


def servable(*signatures: Signature, **arrays: Any) -> Servable:
    model = FakeModel(signatures, {f"{alias}:0": value for alias, value in arrays.items()})
    return Servable("m", 1, model, model)


def predicting() -> Servable:
    return servable(
        signature("serving_default", "a b", "y z"), y=np.float32([1]), z=np.float32([2])
    )


class Lease:
    """The version of a model, which counts its leases."""

    model = "m"

    def __init__(self, servable: Servable) -> None:
        self.servable, self.leases = servable, 0

    def acquire(self) -> Servable:
        self.leases += 1
        return self.servable

    def release(self, *_: object) -> None:
        self.leases -= 1

    __enter__, __exit__ = acquire, release


def refusal(call: Any, *arguments: Any, **more: Any) -> tuple[Code, str]:
    """Make a call, or run a coroutine, that is refused; give its code and text."""
    with pytest.raises(ServingError) as caught:
        asyncio.run(call) if asyncio.iscoroutine(call) else call(*arguments, **more)
    return caught.value.code, caught.value.message


def invalid(call: Any, *arguments: Any, **more: Any) -> str:
    """Make a call that is refused as INVALID_ARGUMENT; give its text."""
    code, message = refusal(call, *arguments, **more)
    assert code is Code.INVALID_ARGUMENT
    return message


def batch_answers(model: Any, requests: Sequence[Any], **options: Any) -> list[Any]:
    """Send requests at once, rows with a signature; give each one's first output or error."""

    async def answer(runner: BatchingRunner, rows: Any) -> list[Any]:
        future = asyncio.get_running_loop().create_future()
        runner.begin(rows, None, future)
        try:
            return await future
        finally:
            runner.ended()

    async def ask() -> list[Any]:
        scheduler = BatchScheduler(1)
        runner = BatchingRunner(model, BatchingOptions(**options), scheduler)
        found = await asyncio.gather(
            *(answer(runner, rows) for rows in requests), return_exceptions=True
        )
        await runner.close()
        scheduler.close()
        return [each if isinstance(each, Exception) else each[0].tolist() for each in found]

    return asyncio.run(ask())
