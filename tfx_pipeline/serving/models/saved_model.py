"""A SavedModel in TensorFlow's C++ session, as TensorFlow Serving loads and runs it.

Terms: see `session_call`.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tfx_pipeline.serving.errors import Code, ServingError, invalid_argument
from tfx_pipeline.serving.models.model_files import SAVED_MODEL_FILE, SAVED_MODEL_TEXT_FILE
from tfx_pipeline.serving.models.session_call import SessionCall, size_of
from tfx_pipeline.serving.types import Signature, signatures_of

DEFAULT_TAGS = ("serve",)
# Callers choose the fetches (`output_filter`), so there is no end to the combinations, and
# TensorFlow keeps for each what it prepared.
_MOST_CALLS = 32
_MOST_ORDERS = 1024
_Names = tuple[tuple[str, ...], tuple[str, ...]]
# What repeats or waits for as long as it likes, by a part of the operation's name.
_ENDLESS = ("While", "Enter", "PyFunc", "Dataset", "Iterator", "Queue", "Barrier", "BatchFunction")


def load_saved_model(
    path: Path,
    tags: Sequence[str] = (),
    intra_op: int = 0,
    inter_op: int = 0,
    session_config: Any = None,
) -> SavedModel:
    """Load a version's folder; see `serving.loader.load_model`."""
    import tensorflow as tf

    tags = tuple(tags) or DEFAULT_TAGS
    loader = _read(path)
    _check_tags(loader.saved_model, tags)
    config = tf.compat.v1.ConfigProto()
    if session_config is not None:
        config.CopyFrom(session_config)
    config.intra_op_parallelism_threads = intra_op or config.intra_op_parallelism_threads
    config.inter_op_parallelism_threads = inter_op or config.inter_op_parallelism_threads
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

    files = [path / SAVED_MODEL_FILE, path / SAVED_MODEL_TEXT_FILE]
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
        self._calls: dict[_Names, SessionCall] = {}  # by sorted names
        self._calls_by_order: dict[_Names, SessionCall] = {}  # by names as they were asked for
        self._making = threading.Lock()

    def run(
        self, inputs: Mapping[str, Any], outputs: Sequence[str], timeout_s: float | None = None
    ) -> list[Any]:
        """See `types.Model`; as in TensorFlow Serving no shape is compared with the signature's."""
        try:
            call = self._call_of(inputs, outputs)
            return call.run(inputs, outputs, timeout_s)
        except Exception as error:
            raise serving_error(error) from error

    def prepare(self, inputs: Mapping[str, Any], outputs: Sequence[str]) -> None:
        """Run what `run` may run later, in each of its ways."""
        try:
            self._call_of(inputs, outputs).prepare(inputs)
        except Exception as error:
            raise serving_error(error) from error

    def is_quick(self, inputs: Mapping[str, Any], outputs: Sequence[str]) -> bool:
        """Tell whether a run will be quick, by the runs before it."""
        call = self._calls_by_order.get((tuple(inputs), tuple(outputs)))
        return call is not None and call.is_quick(size_of(inputs))

    def run_if_quick(self, inputs: Mapping[str, Any], outputs: Sequence[str]) -> list[Any] | None:
        """Run the graph as `run` does, if that will be quick, by the runs before it."""
        try:
            return self._call_of(inputs, outputs).run_if_quick(inputs, outputs)
        except Exception as error:
            raise serving_error(error) from error

    def close(self) -> None:
        """Free what it holds; nothing runs any more."""
        self._session.close()
        self._calls.clear()
        self._calls_by_order.clear()

    def _call_of(self, inputs: Mapping[str, Any], outputs: Sequence[str]) -> SessionCall:
        names = (tuple(inputs), tuple(outputs))
        call = self._calls_by_order.get(names)
        if call is None:
            with self._making:
                if len(self._calls_by_order) >= _MOST_ORDERS:
                    self._calls_by_order.clear()
                call = self._calls_by_order[names] = self._call_of_any_order(*names)
        return call

    def _call_of_any_order(self, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> SessionCall:
        names = (tuple(sorted(inputs)), tuple(sorted(set(outputs))))
        if names not in self._calls and len(self._calls) >= _MOST_CALLS:
            names = (names[0], self._all_outputs(names))
        call = self._calls.get(names)
        if call is None:
            if len(self._calls) >= 2 * _MOST_CALLS:
                self._calls.clear()
                self._calls_by_order.clear()
            call = SessionCall(self._session, *names, bounded=self._bounded)
            self._calls[names] = call
        return call

    def _all_outputs(self, names: _Names) -> tuple[str, ...]:
        """Return all outputs of the signature that has these inputs and outputs, sorted."""
        for signature in self.signatures.values():
            fetches = set(signature.fetches)
            if set(signature.feeds) == set(names[0]) and fetches.issuperset(names[1]):
                return tuple(sorted(fetches))
        return names[1]


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
