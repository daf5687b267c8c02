"""A SavedModel in TensorFlow's C++ session, as TensorFlow Serving loads and runs it.

Terms:
    feed, fetch: tensor that goes in, tensor that comes out, by tensor name.
    size: number of elements in all feeds together.
    quick: a run that takes less than `QUICK_S`. It stays on the caller's thread, where it takes
        a fifth less processor time than on the session's own threads, but cannot be interrupted.
        A graph that can loop is never taken for quick.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tfx_pipeline.serving.errors import Code, ServingError, invalid_argument
from tfx_pipeline.serving.signature_defs import check_type, signatures_of
from tfx_pipeline.serving.types import Signature

QUICK_S = 0.001
DEFAULT_TAGS = ("serve",)
# Callers choose the fetches (`output_filter`), so there is no end to the combinations.
_MAX_CALLS = 256
_CALLER_THREAD = -1  # RunOptions.inter_op_thread_pool
# What repeats or waits for as long as it likes, by a part of the operation's name.
_ENDLESS = ("While", "Enter", "PyFunc", "Dataset", "Iterator", "Queue", "Barrier", "BatchFunction")


def load_saved_model(
    path: Path, tags: Sequence[str] = (), *, intra_op: int = 0, inter_op: int = 0
) -> SavedModel:
    """Load a version's folder; the folder is not needed any more afterwards.

    Args:
        path: the folder.
        tags: of the graph in it; none: `serve`.
        intra_op: threads of one operation; 0: TensorFlow chooses.
        inter_op: operations at the same time.

    Raises:
        ServingError: it cannot be loaded.
    """
    import tensorflow as tf

    tags = tuple(tags) or DEFAULT_TAGS
    loader = _read(path)
    _check_tags(loader.saved_model, tags)
    config = tf.compat.v1.ConfigProto(
        intra_op_parallelism_threads=intra_op, inter_op_parallelism_threads=inter_op
    )
    session = tf.compat.v1.Session(graph=tf.Graph(), config=config)
    try:
        return SavedModel(session, loader.load(session, list(tags)))
    except Exception as error:  # a graph can be broken in any way
        session.close()
        found = serving_error(error)
        # Python's session puts a heading over what the C++ one says, and a trace below.
        text = found.message.removeprefix("Graph execution error:\n\n")
        raise ServingError(found.code, text.partition("\n\nOriginal stack trace")[0]) from error


def _read(path: Path) -> Any:
    from tensorflow.python.saved_model import loader_impl

    files = [path / "saved_model.pb", path / "saved_model.pbtxt"]
    found = next((file for file in files if file.is_file()), None)
    if found is None:
        message = "Could not find SavedModel .pb or .pbtxt at supplied export directory path"
        raise ServingError(Code.NOT_FOUND, f"{message}: {path}")
    try:
        return loader_impl.SavedModelLoader(str(path))
    except Exception as error:
        kind = "binary" if found.suffix == ".pb" else "text"
        raise ServingError(Code.DATA_LOSS, f"Can't parse {found} as {kind} proto") from error


class SavedModel:
    """A loaded graph; see `types.Model`."""

    def __init__(self, session: Any, meta_graph_def: Any) -> None:
        self.signature_defs: Mapping[str, Any] = dict(meta_graph_def.signature_def)
        self.signatures: Mapping[str, Signature] = signatures_of(self.signature_defs)
        self._session = session
        self._bounded = _is_bounded(meta_graph_def.graph_def)
        self._calls: dict[tuple[tuple[str, ...], ...], _Call] = {}
        self._making = threading.Lock()

    def run(
        self, inputs: Mapping[str, Any], outputs: Sequence[str], timeout_s: float | None = None
    ) -> list[Any]:
        """Run the graph: arrays by tensor name in, arrays in the order of `outputs` out.

        As in TensorFlow Serving, no array's shape is compared with the signature's.

        Raises:
            ServingError: with the code and the text of TensorFlow.
        """
        try:
            call = self._call_of(inputs, outputs)
            return call.run(inputs, outputs, timeout_s)
        except Exception as error:
            raise serving_error(error) from error

    def is_quick(self, inputs: Mapping[str, Any], outputs: Sequence[str]) -> bool:
        """Tell whether a run will be quick, by the runs before it."""
        call = self._calls.get((tuple(inputs), tuple(outputs)))
        return call is not None and call.runs > 1 and call.is_quick(_size(inputs))

    def close(self) -> None:
        """Free what it holds; nothing runs any more."""
        self._session.close()
        self._calls.clear()

    def _call_of(self, inputs: Mapping[str, Any], outputs: Sequence[str]) -> _Call:
        names = (tuple(inputs), tuple(outputs))
        call = self._calls.get(names)
        if call is None:
            # One call stands for every order of its names.
            sorted_names = (tuple(sorted(inputs)), tuple(sorted(set(outputs))))
            with self._making:
                if len(self._calls) >= _MAX_CALLS:
                    self._calls.clear()
                call = self._calls.get(sorted_names)
                if call is None:
                    call = _Call(self._session, *sorted_names, bounded=self._bounded)
                    self._calls[sorted_names] = call
                self._calls[names] = call
        return call


class _Call:
    """The way to run the graph with certain feeds and fetches."""

    def __init__(
        self, session: Any, feeds: tuple[str, ...], fetches: tuple[str, ...], *, bounded: bool
    ) -> None:
        self._session = session
        self._feeds = feeds
        self._fetches = fetches
        self._on_this_thread = _make_callable(session, feeds, fetches) if bounded else None
        self._on_any_thread: Callable[..., list[Any]] | None = None
        self._quick_size = float("inf") if bounded else -1.0
        self.runs = 0

    def is_quick(self, size: int) -> bool:
        return size <= self._quick_size

    def run(
        self, inputs: Mapping[str, Any], outputs: Sequence[str], timeout_s: float | None
    ) -> list[Any]:
        size = _size(inputs)
        values = [inputs[name] for name in self._feeds]
        try:
            if self._on_this_thread is not None and size <= self._quick_size:
                # Processor time: another thread's turn would make the run look slow.
                started = time.thread_time()
                arrays = self._on_this_thread(*values)
                self._learn(size, time.thread_time() - started)
            else:
                started = time.perf_counter()
                arrays = self._run_on_threads(values, timeout_s)
                self._learn(size, time.perf_counter() - started)
        except Exception:
            self._check_types(values)
            raise
        if tuple(outputs) == self._fetches:
            return arrays
        by_name = dict(zip(self._fetches, arrays, strict=True))
        return [by_name[name] for name in outputs]

    def _check_types(self, values: list[Any]) -> None:
        # A callable says it in other words than a session, which TensorFlow Serving runs.
        for index, (name, value) in enumerate(zip(self._feeds, values, strict=True)):
            check_type(index, self._session.graph.get_tensor_by_name(name).dtype, value)

    def _run_on_threads(self, values: list[Any], timeout_s: float | None) -> list[Any]:
        if self._on_any_thread is None:
            self._on_any_thread = _make_run(self._session, self._feeds, self._fetches)
        return self._on_any_thread(values, timeout_s)

    def _learn(self, size: int, seconds: float) -> None:
        self.runs += 1
        if self._on_this_thread is None or self.runs == 1:  # the first one prepares the graph
            return
        if seconds < QUICK_S:
            self._quick_size = max(self._quick_size, size)
        elif size <= self._quick_size:
            self._quick_size = size // 2


def _make_callable(session: Any, feeds: Sequence[str], fetches: Sequence[str]) -> Any:
    from tensorflow.core.protobuf import config_pb2

    options = config_pb2.CallableOptions(feed=feeds, fetch=fetches)
    options.run_options.inter_op_thread_pool = _CALLER_THREAD
    return session._make_callable_from_options(options)


def _make_run(
    session: Any, feeds: Sequence[str], fetches: Sequence[str]
) -> Callable[[list[Any], float | None], list[Any]]:
    from tensorflow.core.protobuf import config_pb2
    from tensorflow.python.client import pywrap_tf_session

    def handles(names: Sequence[str]) -> list[Any]:
        return [session.graph.get_tensor_by_name(name)._as_tf_output() for name in names]

    feed_handles, fetch_handles = handles(feeds), handles(fetches)

    def run(values: list[Any], timeout_s: float | None) -> list[Any]:
        # Not Session.run: it refuses shapes that TensorFlow Serving takes.
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


def serving_error(error: BaseException) -> ServingError:
    """Give TensorFlow's error the form that callers know, with its code and text."""
    if isinstance(error, ServingError):
        return error
    code = getattr(error, "error_code", None)
    if code is not None:  # tf.errors.OpError
        return ServingError(Code.of_number(code), error.message)  # type: ignore[attr-defined]
    if isinstance(error, TypeError | ValueError | KeyError):  # no tensor, or no such tensor
        return invalid_argument(str(error.args[0] if error.args else error))
    return ServingError(Code.INTERNAL, str(error))


def _size(inputs: Mapping[str, Any]) -> int:
    return sum([array.size for array in inputs.values()])


def _check_tags(saved_model: Any, tags: Sequence[str]) -> None:
    if not any(set(each.meta_info_def.tags) == set(tags) for each in saved_model.meta_graphs):
        message = (
            f"Could not find meta graph def matching supplied tags: {{ {' '.join(tags)} }}."
            " To inspect available tag-sets in the SavedModel, please use the SavedModel CLI:"
            " `saved_model_cli`"
        )
        raise ServingError(Code.NOT_FOUND, message)


def _is_bounded(graph_def: Any) -> bool:
    bodies = [graph_def.node, *(each.node_def for each in graph_def.library.function)]
    return not any(part in node.op for nodes in bodies for node in nodes for part in _ENDLESS)
