"""What a run has left that an export needs: its schema, and the files of its rows."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tfx_pipeline.ingestion.schema import SCHEMA_FILE, parse_schema
from tfx_pipeline.storage import fileio

_SCHEMAS = ("ImportSchemaGen.schema", "SchemaGen.schema")
_EXAMPLES = ("CsvExampleGen.examples", "BigQueryExampleGen.examples")


def schema_of(artifacts: Mapping[str, str]) -> Any:
    """Read the schema of a run's table; None: it is not there any more.

    Args:
        artifacts: of the run, folder or URI by `step.output`.
    """
    for name in _SCHEMAS:
        if name in artifacts:
            place = fileio.join(artifacts[name], SCHEMA_FILE)
            with contextlib.suppress(fileio.NoSuchPlaceError):
                return parse_schema(fileio.read_bytes(place), place)
    return None


@contextlib.contextmanager
def split_files(artifacts: Mapping[str, str], split: str) -> Iterator[list[Path]]:
    """Give the files of a split, here for as long as the block lasts; none: they are gone.

    `artifacts` as in `schema_of`.
    """
    place = next((artifacts[name] for name in _EXAMPLES if name in artifacts), None)
    with contextlib.ExitStack() as stack:
        folder = Path(place or "") / f"Split-{split}"
        if place and fileio.is_uri(place):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tfx-rows-")))
            with contextlib.suppress(fileio.NoSuchPlaceError):
                fileio.download_tree(fileio.join(place, f"Split-{split}"), folder)
        is_there = place is not None and folder.is_dir()
        yield sorted(x for x in folder.iterdir() if x.is_file()) if is_there else []
