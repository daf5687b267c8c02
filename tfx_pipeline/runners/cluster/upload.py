"""What a run in a cluster reads from outside, at places that every step can reach.

Each is named after its content: what is there already is the same, an upload that was cut off is
taken up again, and nothing that a run reads ever changes.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path

from tfx_pipeline.config.loader import LoadedConfig
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.ingestion.staging import stage_table
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.pipeline.inputs import PipelineInputs
from tfx_pipeline.storage import fileio

_DIGITS = 16


def planned_inputs(loaded: LoadedConfig, table: Table | None) -> PipelineInputs:
    """Say where `upload_inputs` puts the table and the curated schema; nothing is sent.

    No table: the pipeline asks BigQuery itself.
    """
    config = loaded.config
    folder = fileio.join(config.root_uri, "input", table.digest[:_DIGITS]) if table else None
    schema = None
    if config.data.schema_file:
        file = config.path(config.data.schema_file)
        with fileio.explained("read", str(file)):
            digest = _digest(file.read_bytes())
        schema = fileio.join(config.root_uri, "schema", digest, file.name)
    return PipelineInputs(folder, schema)


def upload_inputs(loaded: LoadedConfig, table: Table | None, inputs: PipelineInputs) -> None:
    """Bring the table and the curated schema to where the steps will read them.

    The inputs are what `planned_inputs` gave.

    Raises:
        DataError: the table has problems.
        PlaceError: a place cannot be written.
    """
    config = loaded.config
    if inputs.schema_file and config.data.schema_file:
        content = config.path(config.data.schema_file).read_bytes()
        _write_once(inputs.schema_file, content)
    if table is None or inputs.table_folder is None:
        return
    with tempfile.TemporaryDirectory(prefix="tfx-table-") as name:
        staged = table.staged or stage_table(table, Path(name))
        if fileio.is_uri(inputs.table_folder):
            _upload_missing(staged, inputs.table_folder)
        else:
            _place_folder(staged, Path(inputs.table_folder))


def ir_uri(config: PipelineConfig, text: str) -> str:
    """Say where `upload_ir` puts this compiled pipeline; nothing is sent."""
    return fileio.join(config.root_uri, "ir", f"{_digest(text.encode())}.json")


def upload_ir(config: PipelineConfig, text: str) -> str:
    """Bring a compiled pipeline to where the steps will read it; give its place."""
    place = ir_uri(config, text)
    _write_once(place, text.encode())
    return place


def _upload_missing(folder: Path, uri: str) -> None:
    """Send the files that are not there yet; an object is whole, and its name says its content."""
    there = fileio.list_files(uri)
    here = fileio.list_files(str(folder)).items()
    missing = [x for x, facts in here if x not in there or there[x].length != facts.length]
    fileio.upload_files(folder, uri, missing)


def _place_folder(folder: Path, target: Path) -> None:
    """Copy a folder, whole or not at all; tables of other runs beside it stay, they may be read."""
    if target.is_dir():
        return
    with fileio.explained("write", str(target)):
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".staging-", dir=target.parent))
        try:
            shutil.copytree(folder, aside, dirs_exist_ok=True)
            aside.chmod(0o755)
            aside.replace(target)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            if not target.is_dir():
                raise


def _write_once(place: str, content: bytes) -> None:
    """Write a file named after its content, if it is not there."""
    if not fileio.exists(place):
        fileio.write_bytes(place, content)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_DIGITS]
