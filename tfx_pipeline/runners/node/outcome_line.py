"""What came of a step: one line like the local run's, and whether a gate refused."""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml_metadata.proto.metadata_store_pb2 import Artifact

from tfx_pipeline.components.artifacts import BLESSED
from tfx_pipeline.errors import PipelineError, Problem
from tfx_pipeline.runners.metadata.step_records import StepRecord, StepRecords
from tfx_pipeline.runners.steps.artifact_facts import describe_artifacts
from tfx_pipeline.runners.steps.console import StepLine
from tfx_pipeline.runners.steps.rerun_reason import NOT_RUN, line_of_step
from tfx_pipeline.storage.fileio import PlaceError, download_tree, is_uri, join, read_bytes

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class StepResult:
    """What came of a step that is done.

    Attributes:
        line: as the console shows it.
        refusals: why nothing was pushed.
        before: it was done already.
    """

    line: StepLine
    refusals: Sequence[Problem] = ()
    before: bool = False


def line_of_attempt(
    records: StepRecords,
    node_id: str,
    run_id: str,
    seconds: float,
    *,
    before: bool = False,
    cache: bool = True,
) -> StepLine:
    """Describe a step that is done, maybe `before` this process of so many wall seconds.

    Raises:
        LookupError: it is not done.
    """
    record = _record(records, node_id, run_id)
    facts = _facts(node_id, record)
    if before:
        return StepLine(node_id, "cached", seconds, "done before in this run", facts)
    return line_of_step(records, node_id, record, seconds, facts, cache=cache)


def push_refusals(records: StepRecords, node_id: str, run_id: str) -> list[Problem]:
    """Say why a step that pushes pushed nothing; empty when it pushed, or pushes nothing ever."""
    record = _record(records, node_id, run_id)
    pushed = record.outputs.get("pushed_model", ())
    if all(_number(artifact, "pushed") for artifact in pushed):
        return []
    return list(_refusals(record.inputs)) or [Problem("the model was not blessed", node_id)]


def _refusals(inputs: Mapping[str, list[Artifact]]) -> Iterator[Problem]:
    for blessing in inputs.get("model_blessing", ()):
        if not _number(blessing, BLESSED):
            yield from _reasons(blessing)
    for blessing in inputs.get("infra_blessing", ()):
        if not _number(blessing, BLESSED):
            what = "the infrastructure check refused the model"
            yield _refused(what, blessing, "push.infra_check")


def _refused(what: str, blessing: Artifact, field: str) -> Problem:
    next_step = f"improve the model or data, or change {field}"
    return Problem(what, blessing.uri, next_step=next_step)


def _reasons(blessing: Artifact) -> Iterator[Problem]:
    """Say which judge refused, and why; one of an older version wrote nothing."""
    from tfx_pipeline.evaluation.risk.findings import RISK_FILE, RiskVerdict
    from tfx_pipeline.evaluation.verdict import VERDICT_FILE, Verdict  # it imports NumPy
    from tfx_pipeline.export.verdict import EXPORT_FILE, ExportVerdict

    found: list[list[Problem]] = []
    judges: tuple[tuple[str, Any], ...] = (
        (VERDICT_FILE, Verdict.parse),
        (RISK_FILE, RiskVerdict.parse),
        (EXPORT_FILE, ExportVerdict.parse),
    )
    for file, parse in judges:
        found.append([])
        with contextlib.suppress(PlaceError, ValueError):
            found[-1] += parse(read_bytes(join(blessing.uri, file))).refusals
    evaluation, risk, export = found
    if evaluation or not (risk or export):
        yield _refused("the Evaluator refused the model", blessing, "evaluation.thresholds")
        yield from evaluation
    if risk:
        yield _refused("the risk checks refused the model", blessing, "risk")
        yield from risk
    if export:
        what = "the model in other formats was refused"
        yield _refused(what, blessing, "export.formats")
        yield from export
        yield Problem("the rows that differ most are there", join(blessing.uri, EXPORT_FILE))


def _number(artifact: Artifact, name: str) -> int:
    value = artifact.custom_properties.get(name)
    return int(value.int_value) if value is not None else 0


def _record(records: StepRecords, node_id: str, run_id: str) -> StepRecord:
    record = records.step(node_id, run_id)
    if record is None:
        raise LookupError(NOT_RUN)
    return record


def _facts(node_id: str, record: StepRecord) -> str:
    """Read the facts from what the step wrote, wherever it is."""
    with tempfile.TemporaryDirectory(prefix="facts-") as folder:
        here = _NearRecord(record.execution, record.inputs, record.outputs, Path(folder))
        try:
            return describe_artifacts(node_id, here)
        except (OSError, LookupError, ValueError, PipelineError) as error:
            _LOG.warning("nothing can be said about %s: %s", node_id, error)
            return ""


@dataclass(frozen=True)
class _NearRecord(StepRecord):
    """A step whose outputs are brought to a folder of this machine when they are asked for."""

    folder: Path

    def output(self, name: str) -> Path | None:
        """Give the folder of the first artifact of an output, if it has one."""
        artifacts = self.outputs.get(name)
        if not artifacts or not is_uri(artifacts[0].uri):
            return super().output(name)
        copy = self.folder / name
        if not copy.exists():
            download_tree(artifacts[0].uri, copy)
        return copy
