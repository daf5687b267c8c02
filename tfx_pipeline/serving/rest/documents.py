"""The JSON documents that describe models: status and metadata."""

from __future__ import annotations

import inspect
import json
from collections.abc import Sequence
from typing import Any

from tfx_pipeline.serving.types import Servable, VersionState


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
