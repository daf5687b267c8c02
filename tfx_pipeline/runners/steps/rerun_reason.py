"""Why a step ran instead of being reused, in a few words.

TFX's cache decides, by a step's inputs, settings and the digest of `pipeline.fingerprints`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from ml_metadata.proto.metadata_store_pb2 import Execution

from tfx_pipeline.runners.metadata.step_records import StepRecord, StepRecords, custom_text
from tfx_pipeline.runners.steps.console import StepLine

NOT_RUN = "TFX did not run this step: its inputs could not be found"
"""Said of a step without an execution: TFX goes on without a word when it cannot resolve inputs."""

_CODE = "code_fingerprint"


def line_of_step(
    records: StepRecords,
    node_id: str,
    record: StepRecord,
    seconds: float,
    facts: str,
    *,
    cache: bool,
) -> StepLine:
    """Say whether a finished step was reused or ran, and why; `cache`: whether it might be."""
    if record.execution.last_known_state == Execution.CACHED:
        return StepLine(node_id, "cached", seconds, "reused: nothing it uses changed", facts)
    reason = rerun_reason(record, records.previous(node_id, record), cache=cache)
    return StepLine(node_id, "ran", seconds, reason, facts)


def rerun_reason(record: StepRecord, previous: StepRecord | None, *, cache: bool) -> str:
    """Compare the execution that ran with the finished one of the same step before it, if any."""
    if not cache:
        return "ran: caching is off"
    if previous is None:
        return "ran: first time"
    changes = [*_changed_settings(record, previous), *_changed_inputs(record, previous)]
    if changes:
        return "ran: " + ", ".join(dict.fromkeys(changes))
    return "ran: no earlier result fits"


def _changed_settings(record: StepRecord, previous: StepRecord) -> Iterator[str]:
    now, then = record.execution, previous.execution
    for name in sorted(now.custom_properties.keys() | then.custom_properties.keys()):
        here, there = custom_text(now, name), custom_text(then, name)
        if here == there:
            continue
        if name == _CODE:
            yield "code or libraries changed"
        elif name == "input_base":
            yield "data changed"
        elif name in ("input_fingerprint", "span", "version"):
            continue
        else:
            yield f"{_changed_part(here, there) or name} changed"


_SAID_AS = {"custom_config": "data.split", "split_config": "data.split"}
"""Parts of ExampleGen's settings, as the configuration calls them."""


def _changed_part(here: str, there: str) -> str | None:
    """Name the sections in which two JSON settings differ."""
    try:
        now, then = json.loads(here), json.loads(there)
    except ValueError:
        return None
    if not (isinstance(now, dict) and isinstance(then, dict)):
        return None
    names = [name for name in sorted(now.keys() | then.keys()) if now.get(name) != then.get(name)]
    return " and ".join(_SAID_AS.get(name, name) for name in names) or None


def _changed_inputs(record: StepRecord, previous: StepRecord) -> Iterator[str]:
    for name in sorted(record.inputs.keys() | previous.inputs.keys()):
        now = [artifact.id for artifact in record.inputs.get(name, ())]
        then = [artifact.id for artifact in previous.inputs.get(name, ())]
        if now != then:
            yield f"new {name.replace('_', ' ')}"
