"""One format of a model: written, read again by its runtime, proven, and then put in its place."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.export.errors import NotExportableError, ParityError
from tfx_pipeline.export.exported import FormatReport, RealRows, TfliteWish
from tfx_pipeline.export.facts import ExportFacts
from tfx_pipeline.export.formats import Format
from tfx_pipeline.export.parity.comparison import LIMIT
from tfx_pipeline.export.parity.gate import ProvenRows, prove, runtime_version
from tfx_pipeline.export.parity.timing import one_row_ms
from tfx_pipeline.export.saved_model import SavedModel
from tfx_pipeline.modules.description.model_description import ModelDescription
from tfx_pipeline.storage import fileio

_TFLITE = "tflite"


@dataclass(frozen=True)
class Export:
    """What all formats of one export share.

    Attributes:
        description, facts: what is written.
        reference: the model itself.
        rows: what the caller gave.
        proven: these and made ones, with the model's answers.
        wish: about TFLite.
        folder: where the files go.
    """

    description: ModelDescription
    facts: ExportFacts
    reference: SavedModel
    rows: RealRows
    proven: ProvenRows
    wish: TfliteWish
    folder: Path


def export_format(of_format: Format, export: Export) -> FormatReport:
    """Write one format, or say why it is not; then no earlier file of it stays either.

    Raises:
        ConfigError: a library is not installed.
        PlaceError: the file cannot be written.
    """
    place = export.folder / of_format.file_name
    report = FormatReport(
        of_format.name,
        rows=len(export.proven.hurts),
        real_rows=export.proven.real,
        limit=LIMIT,
        runtime=of_format.runtime,
        runtime_version=runtime_version(of_format),
    )
    try:
        content, report = _proven(of_format, export, report)
        if of_format.name == _TFLITE and not export.wish.is_plain:
            content, report = _chosen(export, content, report)
    except ParityError as error:
        fileio.remove_tree(str(place))
        return replace(report, verdict="refused", error=error)
    except NotExportableError as error:
        fileio.remove_tree(str(place))
        name = f"{export.facts.name} {export.facts.version}".strip()
        titled = NotExportableError(error.problems, f"{name} cannot be written as {of_format.name}")
        return replace(report, verdict="not exportable", error=titled)
    except ModuleNotFoundError as error:
        raise _absent(of_format, error) from error
    fileio.write_bytes(str(place), content)
    return replace(report, file=of_format.file_name, bytes=len(content))


def _proven(of_format: Format, export: Export, report: FormatReport) -> tuple[bytes, FormatReport]:
    """Write and prove it; the file lies aside as long as nobody knows whether it is equal."""
    content = of_format.emit(export.description, export.facts)
    with tempfile.TemporaryDirectory(prefix="tfx-export-") as aside:
        path = Path(aside) / of_format.file_name
        path.write_bytes(content)
        runtime = of_format.load(path)
        found = prove(export.description, export.facts, of_format, runtime, export.proven)
        p50_ms = one_row_ms(runtime, export.proven.cells)
    return content, replace(
        report,
        verdict="equal",
        largest_difference=found.largest_difference,
        largest_real_difference=found.largest_real_difference,
        unsteady_rows=found.unsteady,
        p50_ms=p50_ms,
    )


def _chosen(export: Export, content: bytes, report: FormatReport) -> tuple[bytes, FormatReport]:
    """Choose a kind of TFLite: `content` is that of float32."""
    from tfx_pipeline.export.quantised import (
        MAX_LOSS,
        as_plain,
        choose_kind,
        judged_rows,
        losses_of,
    )

    judged = judged_rows(export.reference, export.rows, export.proven)
    chosen = choose_kind(
        export.description, export.facts, export.wish, export.rows.training, judged
    )
    kind = chosen.chosen
    report = replace(
        report,
        kind=kind.kind,
        losses=losses_of(kind),
        kinds=tuple(as_plain(each) for each in chosen.measured),
    )
    if kind.kind == "float32":
        return content, report
    limit = MAX_LOSS if export.wish.max_loss is None else export.wish.max_loss
    return chosen.content, replace(
        report,
        verdict="close",
        largest_difference=kind.largest_difference,
        largest_real_difference=kind.largest_difference,
        limit=limit,
        p50_ms=kind.p50_ms,
    )


def _absent(of_format: Format, error: ModuleNotFoundError) -> ConfigError:
    problem = Problem(
        f"{of_format.name} needs a library that is not installed",
        of_format.name,
        str(error),
        next_step="pip install 'tfx-pipeline[formats]'",
    )
    return ConfigError([problem], "the model cannot be exported")
