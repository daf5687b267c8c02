"""The JPMML evaluator, AGPL, in a process of its own: a tool of these tests, no dependency.

It is there where `.ci/run` has installed `jpmml_evaluator` into a virtual environment of its own,
whose Java archives are what is used, and where there is a Java that compiles.
"""

from __future__ import annotations

import shutil
import subprocess
import urllib.parse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.rows import Answers, Rows

_ENVIRONMENT = Path.home() / ".cache" / "jpmml_evaluator"
_PROGRAM = Path(__file__).with_name("Evaluate.java")
_LETTERS = {"float32": "f", "float64": "d"}


def why_not() -> str:
    """Say why there is no evaluator here; "" where there is one."""
    if shutil.which("java") is None or shutil.which("javac") is None:
        return "JPMML: there is no JDK here (apt install default-jdk-headless)"
    if not archives():
        return f"JPMML: pip install jpmml_evaluator into a virtual environment at {_ENVIRONMENT}"
    return ""


def archives() -> list[Path]:
    """Find the evaluator's Java archives."""
    found = _ENVIRONMENT.glob("lib/python*/site-packages/jpmml_evaluator/dependencies/*.jar")
    return sorted(found)


def evaluate(cases: Mapping[str, tuple[bytes, Rows]], directory: Path) -> dict[str, Any]:
    """Validate and evaluate documents, in one process.

    Args:
        cases: by name, a document and rows.
        directory: to write to.

    Returns:
        By name, the outputs by field, each `[rows] object` of texts; or the error, a text.
    """
    folders = {name: directory / f"{place:03}" for place, name in enumerate(cases)}
    for name, (document, rows) in cases.items():
        folders[name].mkdir(parents=True)
        (folders[name] / "model.pmml").write_bytes(document)
        (folders[name] / "rows").write_text(_written(rows), "utf-8")
    path = ":".join(map(str, archives()))
    subprocess.run(
        ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", path, str(_PROGRAM)]
        + [str(folder) for folder in folders.values()],
        check=True,
        timeout=600,
    )
    return {name: _answers(folder) for name, folder in folders.items()}


def as_answers(fields: Mapping[str, NDArray[Any]]) -> Answers:
    """Make of an evaluator's fields what a runtime answers."""
    found: dict[str, NDArray[Any]] = {}
    shares = []
    for name, values in fields.items():
        if name.startswith("probabilities["):
            shares.append(values.astype(np.float32))
        elif name.startswith("class"):
            found["class"] = values
        elif not name.startswith("logit"):
            # A name that a column has was given a number: see `answers.AnswerNames`.
            found[name.split(" ")[0]] = values.astype(np.float32)
    return {"probabilities": np.stack(shares, 1), **found} if shares else found


def _written(rows: Rows) -> str:
    columns = [[_cell(value) for value in values] for values in rows.values()]
    lines = [
        "\t".join(map(_encoded, rows)),
        *("\t".join(row) for row in zip(*columns, strict=True)),
    ]
    return "\n".join(lines) + "\n"


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return "s" + _encoded(value)
    text = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(str(value), str(value))
    return _LETTERS[value.dtype.name] + _encoded(text)


def _encoded(text: str) -> str:
    return urllib.parse.quote_plus(text)


def _answers(folder: Path) -> dict[str, NDArray[Any]] | str:
    if (folder / "error").exists():
        return (folder / "error").read_text("utf-8")
    lines: Sequence[str] = (folder / "answers").read_text("utf-8").splitlines()
    rows = [
        dict(map(urllib.parse.unquote_plus, cell.split("=")) for cell in line.split("\t") if cell)
        for line in lines
    ]
    return {name: np.array([row[name] for row in rows], object) for name in (rows or [{}])[0]}
