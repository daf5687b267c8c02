"""Pusher: versions appear complete or not at all, in a folder or in an object store."""

from tfx_pipeline.components.pusher.executor import AtomicPusher, AtomicPushExecutor

__all__ = ["AtomicPushExecutor", "AtomicPusher"]
