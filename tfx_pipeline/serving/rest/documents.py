"""The JSON documents that describe models: status and metadata; and bodies packed with gzip."""

from __future__ import annotations

import inspect
import json
import struct
import zlib
from collections.abc import Sequence
from typing import Any

from tfx_pipeline.serving.types import Servable, VersionState

MOST_UNPACKED = 100 * 1024 * 1024
"""Bytes; TensorFlow Serving takes a body that unpacks to more for an empty one."""

_GZIP_ONLY = 31  # zlib's code: the largest window, with gzip's header and checksum
_GZIP_MAGIC = b"\x1f\x8b"
_SIZE_AT_THE_END = struct.Struct("<I")  # RFC 1952, ISIZE
_MOST_DEFLATED = 1032  # bytes that one byte can stand for: 258 by a match of two bits


def unpacked_size(body: bytes) -> int:
    """Read what size a body packed with gzip says it has unpacked.

    It can be a lie: `unpacked` unpacks no more than this.

    Returns:
        Bytes; 0 if it cannot be that, or is too much.
    """
    if not body.startswith(_GZIP_MAGIC) or len(body) < _SIZE_AT_THE_END.size:
        return 0
    (size,) = _SIZE_AT_THE_END.unpack_from(body, len(body) - _SIZE_AT_THE_END.size)
    return size if size <= min(MOST_UNPACKED, len(body) * _MOST_DEFLATED) else 0


def unpacked(body: bytes, size: int) -> bytes:
    """Unpack a body from gzip.

    Args:
        body: packed.
        size: what it says it has; see `unpacked_size`.

    Returns:
        What was packed; empty if the body is no gzip, is cut, has several members or any other
        tail, or has not that size.
    """
    if not size:
        return b""  # and not a limit of 0, which to zlib is none
    unpacker = zlib.decompressobj(_GZIP_ONLY)
    try:
        result = unpacker.decompress(body, size)
        if not unpacker.eof:  # all of it is there; the checksum behind it is still to be read
            result += unpacker.decompress(unpacker.unconsumed_tail, 1)
    except zlib.error:
        return b""
    return result if unpacker.eof and not unpacker.unused_data else b""


def status_document(states: Sequence[VersionState]) -> bytes:
    """Write a `GetModelStatusResponse`; 64-bit numbers are strings, as in all JSON of protobuf."""
    return _pretty(
        {
            "model_version_status": [
                {
                    "version": str(each.version),
                    "state": each.state.name,
                    "status": {"error_code": each.code.name, "error_message": each.message},
                }
                for each in states
            ]
        }
    )


def metadata_document(servable: Servable, signatures: Any) -> bytes:
    """Write what a `GetModelMetadataResponse` holds, every field that is not set included.

    Args:
        servable: whose name and version are in the document.
        signatures: `SignatureDefMap`.
    """
    from google.protobuf import json_format

    # Renamed in protobuf 5.
    known = inspect.signature(json_format.MessageToDict).parameters
    old, new = "including_default_value_fields", "always_print_fields_with_no_presence"
    options = {(new if new in known else old): True}
    fields = json_format.MessageToDict(signatures, preserving_proto_field_name=True, **options)
    by_name = fields.get("signature_def", {})
    return _pretty(
        {
            "model_spec": {
                "name": servable.name,
                "signature_name": "",
                "version": str(servable.version),
            },
            "metadata": {"signature_def": {"signature_def": dict(sorted(by_name.items()))}},
        }
    )


def _pretty(document: Any) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "replace")
