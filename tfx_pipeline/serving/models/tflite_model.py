"""A TensorFlow Lite model: `model.tflite` in a version's folder.

An interpreter holds one call's tensors, so each call at the same time needs its own. They share the
file's bytes, and are made as they are needed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from tfx_pipeline.serving.errors import Code, ServingError, invalid_argument
from tfx_pipeline.serving.models.session_call import check_type
from tfx_pipeline.serving.models.tflite_signatures import metadata_signature_defs, name_tensors
from tfx_pipeline.serving.types import DEFAULT_SIGNATURE, PREDICT_METHOD, Signature, signatures_of

_MOST_KEPT = 2**20  # bytes of inputs


def load_tflite_model(path: Path, threads: int = 0) -> TfliteModel:
    """Load a file, to run with so many threads; 0: TensorFlow Lite chooses.

    ServingError: it cannot be read, is no model, or needs operations that are not here.
    """
    try:
        return TfliteModel(path.read_bytes(), threads)
    except OSError as error:
        raise ServingError(Code.NOT_FOUND, f"{path}; {error.strerror}") from error
    except ValueError as error:
        message = f"Cannot build FlatBufferModel from buffer. {path}: {error}"
        raise invalid_argument(message) from error
    except RuntimeError as error:
        message = f"Cannot build Interpreter from buffer. {path}: {error}"
        raise ServingError(Code.INTERNAL, message) from error


class TfliteModel:
    """A loaded model; see `types.Model`.

    Its signatures are those in its metadata, where tensors have the file's names; else its own,
    whose tensors are called `<signature>_<alias>:0` here. A model without any gets one,
    `serving_default`, as in TensorFlow Serving.
    """

    def __init__(self, content: bytes, threads: int) -> None:
        self._content = content
        self._threads = threads or None
        self._free = deque([self._new_interpreter()])
        self.signature_defs: Mapping[str, Any] = metadata_signature_defs(content)
        self._by_tensor = bool(self.signature_defs)
        if self._by_tensor:
            interpreter = self._free[0]
            sides = (interpreter.get_input_details(), interpreter.get_output_details())
            name_tensors(self.signature_defs, *({each["name"] for each in side} for side in sides))
        else:
            self.signature_defs = _signature_defs(self._free[0])
        self.signatures: Mapping[str, Signature] = signatures_of(self.signature_defs)

    def run(
        self, inputs: Mapping[str, Any], outputs: Sequence[str], timeout_s: float | None = None
    ) -> list[Any]:
        """See `types.Model`. A run cannot be interrupted: `timeout_s` does not count."""
        signature = self._signature_of(inputs, outputs)
        arrays = {alias: inputs[spec.name] for alias, spec in signature.inputs.items()}
        _check_types(signature, arrays)
        try:
            interpreter = self._free.pop()
        except IndexError:
            interpreter = self._new_interpreter()
        try:
            results = self._results(interpreter, signature, arrays)
        except (RuntimeError, ValueError) as error:
            # The interpreter is dropped: its tensors may have any shape now.
            message = f"Failed to invoke TfLite interpreter: {error}"
            raise ServingError(Code.INTERNAL, message) from error
        # An interpreter keeps its tensors: callers must not choose how much memory idle ones have.
        if sum(array.nbytes for array in arrays.values()) <= _MOST_KEPT:
            self._free.append(interpreter)
        by_name = {spec.name: results[alias] for alias, spec in signature.outputs.items()}
        return [by_name[name] for name in outputs]

    def _results(
        self, interpreter: Any, signature: Signature, arrays: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Run a signature: arrays by alias in and out, of any batch size."""
        if self._by_tensor:
            named = {signature.inputs[alias].name: each for alias, each in arrays.items()}
            made = _invoke(interpreter, named, itemgetter("name"))
            return {alias: made[spec.name] for alias, spec in signature.outputs.items()}
        if interpreter.get_signature_list():
            results: Mapping[str, Any] = interpreter.get_signature_runner(signature.name)(**arrays)
            return results
        return _invoke(interpreter, arrays, _alias)

    def close(self) -> None:
        """Free what it holds; nothing runs any more."""
        self._free.clear()

    def _new_interpreter(self) -> Any:
        import tensorflow as tf

        interpreter = tf.lite.Interpreter(model_content=self._content, num_threads=self._threads)
        interpreter.allocate_tensors()
        return interpreter

    def _signature_of(self, inputs: Mapping[str, Any], outputs: Sequence[str]) -> Signature:
        for signature in self.signatures.values():
            if set(signature.feeds) == set(inputs) and set(signature.fetches).issuperset(outputs):
                return signature
        raise invalid_argument(
            f"No signature of the TFLite model makes {', '.join(outputs)} of"
            f" {', '.join(sorted(inputs))}"
        )


def _invoke(
    interpreter: Any, arrays: Mapping[str, Any], name_of: Callable[[Any], str]
) -> dict[str, Any]:
    """Run the whole file: arrays in and out, by the names that `name_of` gives to tensors."""
    details = [each for each in interpreter.get_input_details() if name_of(each) in arrays]
    for each in details:
        interpreter.resize_tensor_input(each["index"], arrays[name_of(each)].shape)
    interpreter.allocate_tensors()
    for each in details:
        interpreter.set_tensor(each["index"], arrays[name_of(each)])
    interpreter.invoke()
    made = interpreter.get_output_details()
    return {name_of(each): interpreter.get_tensor(each["index"]) for each in made}


def _signature_defs(interpreter: Any) -> dict[str, Any]:
    if not interpreter.get_signature_list():
        inputs = {_alias(each): each for each in interpreter.get_input_details()}
        outputs = {_alias(each): each for each in interpreter.get_output_details()}
        return {DEFAULT_SIGNATURE: _signature_def(DEFAULT_SIGNATURE, inputs, outputs)}
    defs = {}
    for name in interpreter.get_signature_list():
        runner = interpreter.get_signature_runner(name)
        defs[name] = _signature_def(name, runner.get_input_details(), runner.get_output_details())
    return defs


def _signature_def(name: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> Any:
    from tensorflow.core.protobuf import meta_graph_pb2

    message = meta_graph_pb2.SignatureDef(method_name=PREDICT_METHOD)
    for tensors, field in ((inputs, message.inputs), (outputs, message.outputs)):
        for alias, details in tensors.items():
            info = field[alias]
            info.name = f"{name}_{alias}:0"
            info.dtype = _dtype(details["dtype"]).as_datatype_enum
            shape = details["shape_signature"]
            for size in shape if len(shape) else details["shape"]:
                info.tensor_shape.dim.add(size=int(size))
    return message


def _check_types(signature: Signature, arrays: Mapping[str, Any]) -> None:
    import tensorflow as tf

    for index, (alias, array) in enumerate(arrays.items()):
        check_type(index, tf.dtypes.as_dtype(signature.inputs[alias].dtype), array)


def _dtype(numpy_type: Any) -> Any:
    import tensorflow as tf

    return tf.string if numpy_type in (np.bytes_, np.object_) else tf.dtypes.as_dtype(numpy_type)


def _alias(details: Mapping[str, Any]) -> str:
    return str(details["name"]).partition(":")[0]
