"""What the artifacts of the exports say: which formats there are, and how near to the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfx_pipeline.components.artifacts import EXPORTED_FORMATS
from tfx_pipeline.runners.metadata.step_records import StepRecord, custom_text
from tfx_pipeline.wording import kilobytes

if TYPE_CHECKING:  # it imports NumPy, which most steps have no use for
    from tfx_pipeline.export.verdict import ExportedFormat, ExportVerdict


def exporter_facts(record: StepRecord) -> str:
    """Say of each format how large it is, and how far from the model."""
    verdict = export_verdict_of(record)
    if verdict is None:
        return ""
    if verdict.note:
        return verdict.note
    return "; ".join(map(_words, verdict.formats)) or "refused"


def export_verdict_of(exporter: StepRecord) -> ExportVerdict | None:
    """Read what came of the export; None where the file is gone."""
    from tfx_pipeline.export.verdict import ExportVerdict

    folder = exporter.output("exported_model")
    if folder is None:
        raise LookupError("the step has no output called exported_model")
    try:
        return ExportVerdict.read(folder)
    except FileNotFoundError:
        return None


def pushed_formats(pusher: StepRecord) -> list[str]:
    """Name the formats that were pushed with a version."""
    inputs = pusher.inputs.get("exported_model", ())
    return [name for x in inputs for name in custom_text(x, EXPORTED_FORMATS).split(",") if name]


def _words(each: ExportedFormat) -> str:
    if not each.file:
        return f"{each.name} {each.verdict}"
    return f"{each.name} {kilobytes(each.bytes)}, largest difference {each.largest_difference:.1g}"
