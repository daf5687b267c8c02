"""Signatures that a TensorFlow Lite file brings as metadata, as TensorFlow Serving reads them.

Terms:
    metadata: an entry of the file, `signature_defs_metadata`: a map of FlexBuffers from names of
        signatures to serialized `SignatureDef`s, whose tensors have the names of the file's
        tensors, with or without `:0` (lite/tools/signature/signature_def_util.cc of TensorFlow).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tfx_pipeline.serving.errors import Code, ServingError, invalid_argument

METADATA = b"signature_defs_metadata"


def metadata_signature_defs(content: bytes) -> dict[str, Any]:
    """Read the signatures in a file's metadata, by name; none: it has no such metadata."""
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import meta_graph_pb2

    packed = _metadata(content)
    if packed is None:
        return {}
    try:
        return {
            name: meta_graph_pb2.SignatureDef.FromString(value)
            for name, value in _flexbuffers_map(packed).items()
        }
    except (DecodeError, ValueError, IndexError, TypeError) as error:
        raise invalid_argument(f"Invalid SignatureDefs found in TfLite model: {error}") from error


def name_tensors(signature_defs: Mapping[str, Any], inputs: Any, outputs: Any) -> None:
    """Give tensors of signatures the file's names; ServingError for one that is not in the file."""
    for signature in signature_defs.values():
        for side, infos, known in (
            ("input", signature.inputs, inputs),
            ("output", signature.outputs, outputs),
        ):
            for alias, info in infos.items():
                bare = info.name.partition(":")[0]
                if info.name not in known and bare not in known:
                    raise ServingError(
                        Code.INTERNAL,
                        f"Signature {side} {alias} references an unknown tensor: "
                        f"Unknown tensor '{info.name}'.",
                    )
                info.name = info.name if info.name in known else bare


def _metadata(content: bytes) -> bytes | None:
    from tensorflow.lite.python import schema_py_generated as schema

    model = schema.Model.GetRootAs(content, 0)
    for index in range(model.MetadataLength()):
        entry = model.Metadata(index)
        if entry.Name() == METADATA:
            data = model.Buffers(entry.Buffer()).DataAsNumpy()
            return b"" if isinstance(data, int) else data.tobytes()  # 0: it is empty
    return None


def _flexbuffers_map(packed: bytes) -> dict[str, bytes]:
    from flatbuffers import flexbuffers

    found = flexbuffers.GetRoot(packed).AsMap
    keys, values = found.Keys, found.Values
    # Not `AsString`: a serialized message is no UTF-8.
    return {
        keys[index].AsKey: bytes(
            flexbuffers.String(values[index]._Indirect(), values[index]._byte_width).Bytes
        )
        for index in range(len(keys))
    }
