"""Requests that become arrays in a batch, sent at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from tfx_pipeline.serving.batching.options import BatchingOptions
from tfx_pipeline.serving.batching.scheduler import BatchingRunner, BatchScheduler


def answers(model: Any, requests: Sequence[Any], **options: Any) -> list[Any]:
    """Send requests, which are rows with their signature; give each one's first output or error."""

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
