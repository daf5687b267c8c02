"""Where and how a run was made: all that is needed to make it again, and no secret."""

from __future__ import annotations

import json
from pathlib import Path

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.runners.local.run_record import RunOptions, RunRecord
from tfx_pipeline.runners.local.surroundings import clean_command, resolved, surroundings

URL = "mysql://me:s3cret@db/metadata"


def test_resolved_configuration_has_defaults_and_no_credentials(repository: Path) -> None:
    config = load_config(repository / "configs/penguins.yaml").config
    data = config.data.model_copy(update={"path": URL, "schema_file": "a?token=s3cret"})
    config = config.model_copy(update={"data": data})
    values = resolved(config)
    assert values["label"]["column"] == "species"
    assert values["model"]["seed"] == 0
    assert "s3cret" not in json.dumps(values)
    assert values["data"]["path"] == "mysql://…@db/metadata"


def test_command_has_no_credentials() -> None:
    words = ["tfx-pipeline", "run", "--set", f"data.source.url={URL}", "password=s3cret"]
    assert "s3cret" not in " ".join(clean_command(words))


def test_surroundings_name_the_libraries_and_nobody() -> None:
    found = surroundings()
    assert {"tfx", "tensorflow", "numpy", "scikit-learn", "matplotlib"} <= found["libraries"].keys()
    assert found["processors"] > 0
    assert found["memory_bytes"] > 1 << 28


def test_summary_has_what_a_report_needs(record: RunRecord) -> None:
    record.folder.mkdir(parents=True)
    record.options = RunOptions(command=("tfx-pipeline", "run", f"--set=x={URL}"))
    text = record.write_summary().read_text(encoding="utf-8")
    summary = json.loads(text)
    assert {"began", "command", "config", "data", "surroundings", "lineage"} <= summary.keys()
    assert summary["data"]["place"] == "data/penguins"
    assert len(summary["data"]["digest"]) == 64
    assert "s3cret" not in text
