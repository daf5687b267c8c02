"""A Pusher whose versions appear complete or not at all."""

from __future__ import annotations

from tfx.components.pusher.component import Pusher
from tfx.dsl.components.base import executor_spec

from tfx_pipeline.components.pusher.executor import AtomicPushExecutor


class AtomicPusher(Pusher):
    """TFX's Pusher with the executor of this package."""

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(AtomicPushExecutor)
