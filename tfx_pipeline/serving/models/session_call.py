"""Running one of a session's many subgraphs, in the cheapest way that can still be interrupted.

Terms:
    feed, fetch: tensor that goes in, tensor that comes out, by tensor name.
    size: number of elements in all feeds together.
    brief: a run that takes less than `BRIEF_S`. It stays on the caller's thread, where it takes
        a fifth less processor time than on the session's own threads, but cannot be interrupted.
        A graph that can loop is never taken for brief.
    quick: a run that takes less than `QUICK_S`, so that even an event loop can wait for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tfx_pipeline.patches.tensorflow_session import run_on_this_thread, run_on_threads
from tfx_pipeline.serving.errors import invalid_argument

QUICK_S = 0.001
BRIEF_S = 0.01
# A run of unknown length may be so many times as large as one that was brief.
_LEAP = 64
_SMALL = 1000  # size that may be tried before anything is known
_SAMPLE = 8  # of so many brief runs, one is timed: that costs 7 µs


class SessionCall:
    """The way to run a session's graph, which cannot loop if it is `bounded`."""

    def __init__(
        self, session: Any, feeds: tuple[str, ...], fetches: tuple[str, ...], *, bounded: bool
    ) -> None:
        self._session = session
        self._feeds = feeds
        self._fetches = fetches
        self._on_this_thread = run_on_this_thread(session, feeds, fetches) if bounded else None
        self._on_any_thread: Callable[..., list[Any]] | None = None
        self._quick_size = 0  # the largest that was quick
        self._brief_size = 0  # the largest that was brief
        self._slow_size = float("inf")  # the smallest that was not
        self._runs = 0
        # TensorFlow gives these as plain integers; their type is part of the answer.
        types = [session.graph.get_tensor_by_name(name).dtype for name in fetches]
        self._quantized = [
            (index, np.dtype(each.as_numpy_dtype))
            for index, each in enumerate(types)
            if each.is_quantized
        ]

    def is_quick(self, size: int) -> bool:
        """Tell whether runs of this size were."""
        return size <= self._quick_size

    def prepare(self, inputs: Mapping[str, Any]) -> None:
        """Run it on the session's threads, for which the graph is prepared a second time.

        That takes as long as loading, and the first large request would wait for it.
        """
        if self._on_any_thread is None:
            self._run_on_threads([inputs[name] for name in self._feeds], None)

    def run(
        self, inputs: Mapping[str, Any], outputs: Sequence[str], timeout_s: float | None
    ) -> list[Any]:
        """Run it; `outputs` are the fetches, in any order and as often as you like.

        ServingError: an input has another data type than its tensor; else TensorFlow's errors.
        """
        return self._run_size(size_of(inputs), inputs, outputs, timeout_s)

    def run_if_quick(self, inputs: Mapping[str, Any], outputs: Sequence[str]) -> list[Any] | None:
        """Run it as `run` does; none if runs of this size were not quick."""
        size = size_of(inputs)
        return self._run_size(size, inputs, outputs, None) if self.is_quick(size) else None

    def _run_size(
        self,
        size: int,
        inputs: Mapping[str, Any],
        outputs: Sequence[str],
        timeout_s: float | None,
    ) -> list[Any]:
        values = [inputs[name] for name in self._feeds]
        try:
            arrays = self._run(values, size, timeout_s)
        except Exception:
            self._check_types(values)
            raise
        if bytes in map(type, arrays):
            arrays = [_scalar(each) if type(each) is bytes else each for each in arrays]
        for index, dtype in self._quantized:
            arrays[index] = np.asarray(arrays[index]).view(dtype)
        if tuple(outputs) == self._fetches:
            return arrays
        by_name = dict(zip(self._fetches, arrays, strict=True))
        return [by_name[name] for name in outputs]

    def _run(self, values: list[Any], size: int, timeout_s: float | None) -> list[Any]:
        self._runs += 1
        may_stay = size < self._slow_size and size <= _LEAP * max(self._brief_size, _SMALL)
        if self._on_this_thread is None or not may_stay:
            started = time.perf_counter()
            arrays = self._run_on_threads(values, timeout_s)
            self._learn(size, time.perf_counter() - started)
        elif size <= self._brief_size and self._runs % _SAMPLE:
            arrays = self._on_this_thread(*values)
        else:
            # Processor time: another thread's turn would make the run look slow.
            started = time.thread_time()
            arrays = self._on_this_thread(*values)
            self._learn(size, time.thread_time() - started)
        return arrays

    def _check_types(self, values: list[Any]) -> None:
        # A callable says it in other words than a session, which TensorFlow Serving runs.
        for index, (name, value) in enumerate(zip(self._feeds, values, strict=True)):
            check_type(index, self._session.graph.get_tensor_by_name(name).dtype, value)

    def _run_on_threads(self, values: list[Any], timeout_s: float | None) -> list[Any]:
        if self._on_any_thread is None:
            self._on_any_thread = run_on_threads(self._session, self._feeds, self._fetches)
        return self._on_any_thread(values, timeout_s)

    def _learn(self, size: int, seconds: float) -> None:
        if self._on_this_thread is None or self._runs == 1:  # the first one prepares the graph
            return
        if seconds < QUICK_S:
            self._quick_size = max(self._quick_size, size)
        else:
            self._quick_size = min(self._quick_size, size // 2)
        if seconds < BRIEF_S:
            self._brief_size = max(self._brief_size, size)
            self._slow_size = max(self._slow_size, size + 1)
        else:
            self._slow_size = min(self._slow_size, size)
            self._brief_size = min(self._brief_size, size // 2)


def check_type(index: int, expected: Any, array: Any) -> None:
    """Compare an input's data type with a `tf.DType`; another is refused in a session's words."""
    import tensorflow as tf
    from tensorflow.core.framework import types_pb2

    given = tf.string if array.dtype.kind in "OSU" else tf.dtypes.as_dtype(array.dtype)
    if given != expected:
        names = [
            types_pb2.DataType.Name(each.as_datatype_enum).removeprefix("DT_").lower()
            for each in (expected, given)
        ]
        raise invalid_argument(f"Expects arg[{index}] to be {names[0]} but {names[1]} is provided")


def _scalar(value: bytes) -> Any:
    """Make the array of one string, which alone of all outputs TensorFlow gives without one."""
    array = np.empty((), object)
    array[()] = value
    return array


def size_of(inputs: Mapping[str, Any]) -> int:
    """Return the number of elements in all feeds."""
    return sum([array.size for array in inputs.values()])
