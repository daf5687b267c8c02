"""pypmml, in a process and a virtual environment of its own, for which `.ci/run` cares."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from tfx_pipeline.export.rows import Rows

PYTHON = Path.home() / ".cache" / "pypmml" / "bin" / "python"
# pypmml reads no standard input: the library below it takes hold of that.
_PROGRAM = """
import json, math, sys
from pypmml import Model

folder = sys.argv[1]
with open(folder + "/rows.json") as file:
    rows = json.load(file)
answers = {}
for name, of_case in rows.items():
    model = Model.load(f"{folder}/{name}.pmml")
    answers[name] = [dict(model.predict(row)) for row in of_case]
with open(folder + "/answers.json", "w") as file:
    json.dump(answers, file)
"""


def why_not() -> str:
    """Say why it is not here; "" where it is."""
    if shutil.which("java") is None:
        return "pypmml: there is no Java here"
    if not PYTHON.exists():
        return f"pypmml: pip install pypmml into a virtual environment at {PYTHON.parents[1]}"
    return ""


def evaluate(cases: dict[str, tuple[bytes, Rows]], directory: Path) -> dict[str, Any]:
    """Give the answers of each case: by field, `[rows]`."""
    sent = {}
    for name, (document, rows) in cases.items():
        (directory / f"{name}.pmml").write_bytes(document)
        columns = [cells.tolist() for cells in rows.values()]
        sent[name] = [dict(zip(rows, row, strict=True)) for row in zip(*columns, strict=True)]
    (directory / "rows.json").write_text(json.dumps(sent))
    subprocess.run(
        [PYTHON, "-c", _PROGRAM, str(directory)],
        check=True,
        timeout=300,
        stdout=subprocess.DEVNULL,
    )
    answers = json.loads((directory / "answers.json").read_text())
    return {
        name: {field: np.array([row.get(field) for row in of_case], object) for field in of_case[0]}
        for name, of_case in answers.items()
    }
