"""TensorFlow's ProfilerService on the port of gRPC: what TensorBoard's "capture profile" calls.

TensorFlow has a server of its own for it, which listens at all addresses and asks for no token.
So its service is answered here, by the profiler behind it: a trace is taken, and written where the
request says, `repository_root/session_id/host_name.xplane.pb`, as that server does.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import tempfile
from pathlib import Path
from typing import Any

import grpc.aio

from tfx_pipeline.serving.config.protos import declared_pool
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.tensors.wire import class_in_pool, parse_message

_LOG = logging.getLogger(__name__)
_LONGEST_S = 600.0
_PACKAGE = "tfx_pipeline.serving.grpc.profiler"
# As `config.protos` declares messages: those used of tsl/profiler/protobuf/profiler_service.proto.
_MESSAGES = {
    "ProfileOptions": {
        "host_tracer_level": (2, "uint32"),
        "device_tracer_level": (3, "uint32"),
        "python_tracer_level": (4, "uint32"),
        "duration_ms": (9, "uint64"),
    },
    "ProfileRequest": {
        "opts": (4, "ProfileOptions"),
        "repository_root": (5, "string"),
        "session_id": (6, "string"),
        "host_name": (7, "string"),
    },
    "ProfileResponse": {"empty_trace": (7, "bool")},
    "TerminateRequest": {"session_id": (1, "string")},
}


class ProfilerService:
    """The methods, each of a serialized request and the call's context."""

    def __init__(self) -> None:
        self._running: dict[asyncio.Task[bool], _Trace] = {}

    async def profile(self, body: bytes, context: grpc.aio.ServicerContext) -> bytes:
        """Trace this process for as long as the request says, and write what was seen.

        A call that is cancelled, even while the profiler starts, ends its trace, and writes none.

        Raises:
            ServingError: it is no request, another trace is being taken, or the place cannot be
                written.
        """
        trace = _Trace(parse_message(_message("ProfileRequest"), body))
        task = asyncio.get_running_loop().create_task(trace.take())
        self._running[task] = trace
        task.add_done_callback(self._forget)
        try:
            empty = await asyncio.shield(task)
        except asyncio.CancelledError:
            trace.is_wanted = False
            trace.ended.set()
            raise
        return _message("ProfileResponse")(empty_trace=empty).SerializeToString()

    def _forget(self, task: asyncio.Task[bool]) -> None:
        trace = self._running.pop(task)
        if not task.cancelled() and task.exception() and not trace.is_wanted:
            _LOG.warning("a profile that was cancelled: %s", task.exception())

    async def terminate(self, body: bytes, context: grpc.aio.ServicerContext) -> bytes:
        """End a trace before its time; it is written as usual."""
        session = parse_message(_message("TerminateRequest"), body).session_id
        for trace in self._running.values():
            if trace.request.session_id == session:
                trace.ended.set()
        return b""

    async def monitor(self, body: bytes, context: grpc.aio.ServicerContext) -> bytes:
        """Refuse, as TensorFlow does: this is of TPUs."""
        raise ServingError(Code.UNIMPLEMENTED, "unimplemented.")


class _Trace:
    """One trace; it goes on, or is wound up, whatever becomes of the call that asked for it."""

    def __init__(self, request: Any) -> None:
        self.request = request
        self.ended = asyncio.Event()
        self.is_wanted = True

    async def take(self) -> bool:
        """Take and write it; return whether there was nothing to see."""
        request = self.request
        with tempfile.TemporaryDirectory(prefix="profile-") as folder:
            await asyncio.to_thread(_start, folder, request.opts)
            try:
                with contextlib.suppress(asyncio.TimeoutError):
                    seconds = min(request.opts.duration_ms / 1000, _LONGEST_S)
                    await asyncio.wait_for(self.ended.wait(), seconds)
            finally:
                await asyncio.to_thread(_stop)
            if not self.is_wanted:
                return True
            return await asyncio.to_thread(_keep, Path(folder), request)


def _start(folder: str, wanted: Any) -> None:
    import tensorflow as tf

    options = tf.profiler.experimental.ProfilerOptions(
        host_tracer_level=wanted.host_tracer_level,
        python_tracer_level=wanted.python_tracer_level,
        device_tracer_level=wanted.device_tracer_level,
    )
    try:
        tf.profiler.experimental.start(folder, options)
    except tf.errors.OpError as error:
        raise ServingError(Code.INTERNAL, error.message) from error


def _stop() -> None:
    import tensorflow as tf

    tf.profiler.experimental.stop()


def _keep(folder: Path, request: Any) -> bool:
    """Copy the trace to where it was asked for; return whether there was nothing to see."""
    import tensorflow as tf

    traces = [path for path in folder.rglob("*.xplane.pb") if path.stat().st_size]
    if not traces:
        return True
    place = tf.io.gfile.join(request.repository_root, request.session_id)
    name = request.host_name.replace(":", "_").replace("/", "_")
    try:
        tf.io.gfile.makedirs(place)
        copy = tf.io.gfile.join(place, f"{name}.xplane.pb")
        tf.io.gfile.copy(str(traces[0]), copy, overwrite=True)
    except tf.errors.OpError as error:
        raise ServingError(Code.INTERNAL, error.message) from error
    return False


def _message(name: str) -> Any:
    return class_in_pool(_pool(), f"{_PACKAGE}.{name}")


@functools.cache
def _pool() -> Any:
    return declared_pool(_PACKAGE, _MESSAGES)
