"""Know, before any heavy import, that a run would change nothing."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.deployment.model_versions import versions_on_disk
from tfx_pipeline.deployment.pushed_formats import formats_of
from tfx_pipeline.pipeline.fingerprints import code_fingerprint
from tfx_pipeline.storage.local_files import write_atomically

_FILE = "latest_good_run.json"


def early_fingerprint(config: PipelineConfig, data_digest: str) -> str | None:
    """Give `run_fingerprint` before anything was checked.

    None: files that it needs are at fault, and the checks that follow say which; or there are tests
    of the data that look at more than the data: at the clock, other files, or code.
    """
    if any(test.fresh or test.in_file or test.function for test in config.data.tests):
        return None
    try:
        return run_fingerprint(config, data_digest)
    except (OSError, SyntaxError, ValueError):
        return None


def run_fingerprint(config: PipelineConfig, data_digest: str) -> str:
    """Digest everything that a run's result depends on, the table by the digest of its files."""
    schema = config.path(config.data.schema_file).read_bytes() if config.data.schema_file else b""
    settings = config.model_dump(mode="json", exclude={"environment": {"cache"}})
    parts = (
        json.dumps(settings, sort_keys=True),
        str(config.root),
        data_digest,
        hashlib.sha256(schema).hexdigest(),
        code_fingerprint(config),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def latest_good_run(config: PipelineConfig, fingerprint: str) -> dict[str, Any] | None:
    """Give the summary of the latest good run when it had this fingerprint and still stands.

    It stands while its metadata, its pushed version with its other formats, and its summary are
    there.
    """
    try:
        known = json.loads((config.pipeline_root / _FILE).read_text(encoding="utf-8"))
        summary: dict[str, Any] = json.loads(Path(known["summary"]).read_text(encoding="utf-8"))
        model = Path(summary["model"])
        same = known["fingerprint"] == fingerprint
    except (OSError, ValueError, KeyError, TypeError):
        return None
    versions = versions_on_disk(model.parent)
    is_newest = bool(versions) and versions[max(versions)] == model
    pushed = {each["format"] for each in summary.get("formats") or ()}
    if is_newest and not pushed <= set(formats_of(model.parent, max(versions))):
        return None
    database = config.path(config.environment.metadata.path)
    return summary if same and is_newest and database.is_file() else None


def remember_good_run(config: PipelineConfig, fingerprint: str, summary: Path) -> None:
    """Note that a run with this fingerprint ended well."""
    note = {"fingerprint": fingerprint, "summary": str(summary)}
    write_atomically(config.pipeline_root / _FILE, json.dumps(note, indent=1))
