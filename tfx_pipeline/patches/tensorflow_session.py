"""Two ways to run a session's graph that TensorFlow has, and offers to nobody.

`Session.run` refuses arrays of other shapes than the graph's placeholders, which TensorFlow Serving
takes, and it runs on the session's own threads; `Session.make_callable` takes no `RunOptions` that
say where to run. Nothing is changed: private functions are called.

Versions: TensorFlow 2.16 and 2.21. It can go when `make_callable` takes `RunOptions` and a time
limit, or when the server runs TensorFlow by its C++ API.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

_CALLER_THREAD = -1  # RunOptions.inter_op_thread_pool


def run_on_this_thread(
    session: Any, feeds: Sequence[str], fetches: Sequence[str]
) -> Callable[..., list[Any]]:
    """Make what runs a graph on its caller's thread, which nothing can interrupt.

    The session is a `tf.compat.v1.Session`. Feeds and fetches are names of tensors; the former are
    the arguments of what is made.
    """
    from tensorflow.core.protobuf import config_pb2

    options = config_pb2.CallableOptions(feed=feeds, fetch=fetches)
    options.run_options.inter_op_thread_pool = _CALLER_THREAD
    return session._make_callable_from_options(options)


def run_on_threads(
    session: Any, feeds: Sequence[str], fetches: Sequence[str]
) -> Callable[[list[Any], float | None], list[Any]]:
    """Make what runs a graph on the session's threads, for so many seconds at most, if any."""
    from tensorflow.core.protobuf import config_pb2
    from tensorflow.python.client import pywrap_tf_session

    def handles(names: Sequence[str]) -> list[Any]:
        return [session.graph.get_tensor_by_name(name)._as_tf_output() for name in names]

    feed_handles, fetch_handles = handles(feeds), handles(fetches)

    def run(values: list[Any], timeout_s: float | None) -> list[Any]:
        milliseconds = 0 if timeout_s is None else max(1, int(timeout_s * 1000))
        options = config_pb2.RunOptions(timeout_in_ms=milliseconds)
        buffer = pywrap_tf_session.TF_NewBufferFromString(options.SerializeToString())
        try:
            feed = dict(zip(feed_handles, values, strict=True))
            return pywrap_tf_session.TF_SessionRun_wrapper(
                session._session, buffer, feed, fetch_handles, [], None
            )
        finally:
            pywrap_tf_session.TF_DeleteBuffer(buffer)

    return run
