"""The configuration that ours runs a benchmark table with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from real_tables.encoding import read_frame
from real_tables.listed import BenchmarkTable


def init_config(table: BenchmarkTable, file: Path, folder: Path) -> Path:
    """Let `tfx-pipeline init` write it, as for any user; nothing is edited afterwards.

    Raises:
        SystemExit: it refuses the table.
    """
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tfx_pipeline.cli", "init", str(file), "--force"]
    command += ["--label", table.label, "--name", table.name]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    (folder / "init.log").write_text(done.stdout + done.stderr)
    if done.returncode:
        sys.exit(f"init refuses {table.name}, see {folder / 'init.log'}\n{done.stderr[-2000:]}")
    return folder / "configs" / f"{table.name}.yaml"


def plain_config(table: BenchmarkTable, file: Path, folder: Path) -> Path:
    """Write the plainest one: texts are categories, all else is a number."""
    import yaml

    frame = read_frame(file, table.label)
    label: dict[str, Any] = {"column": table.label, "task": table.task}
    if table.task != "regression":
        label["classes"] = sorted(frame[table.label].unique())
    kinds = {
        str(name): {"kind": "categorical" if frame[name].dtype == object else "numeric"}
        for name in frame.drop(columns=table.label)
    }
    values = {"name": table.name, "data": {"path": str(file)}, "label": label, "features": kinds}
    written = folder / "configs" / f"{table.name}.yaml"
    written.parent.mkdir(parents=True, exist_ok=True)
    written.write_text(yaml.safe_dump(values, allow_unicode=True, sort_keys=False))
    return written


CONFIGS = {"init": init_config, "plain": plain_config}
