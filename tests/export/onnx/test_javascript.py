"""The same file in onnxruntime-node, and in onnxruntime-web in Debian's chromium.

They are installed by `npm install --ignore-scripts onnxruntime-node onnxruntime-web` in a folder,
which the variable ONNXRUNTIME_JAVASCRIPT names, or in `~/.cache/onnxruntime`. (The script left out
would load CUDA.)
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.export.described_rows import rows_of
from tests.export.descriptions import OPERATION_CASES
from tests.export.onnx import made_models
from tfx_pipeline.export.onnx.emitter import emit
from tfx_pipeline.export.onnx.runtime import OnnxRuntime
from tfx_pipeline.export.rows import Answers, Rows
from tfx_pipeline.modules.description.model_description import ModelDescription

PAGES = Path(__file__).parent / "javascript"
CHROMIUM = shutil.which("chromium")
TOLERANCE = 2e-6
_SITE = "http://model.test/"  # there is no such place: the test answers for it
TYPES = {"float32": "float32", "int64": "float64", "string": "string"}
Jobs = Sequence[Sequence[dict[str, Any]]]
Answer = Callable[[bytes, Jobs, Path], list[dict[str, Any]]]


def _packages() -> Path:
    places = [os.environ.get("ONNXRUNTIME_JAVASCRIPT"), Path.home() / ".cache/onnxruntime"]
    for place in places:
        if place and Path(place, "node_modules/onnxruntime-web").is_dir():
            return Path(place)
    pytest.skip(
        "no onnxruntime for JavaScript: npm install --ignore-scripts onnxruntime-node"
        " onnxruntime-web in a folder, and let ONNXRUNTIME_JAVASCRIPT name it"
    )


def _by_node(model: bytes, jobs: Jobs, folder: Path) -> list[dict[str, Any]]:
    if shutil.which("node") is None:
        pytest.skip("no node: apt-get install nodejs")
    (folder / "model.onnx").write_bytes(model)
    (folder / "jobs.json").write_text(json.dumps(jobs))
    command = ["node", str(PAGES / "node.mjs"), str(_packages()), "onnxruntime-node"]
    files = [str(folder / name) for name in ("model.onnx", "jobs.json")]
    done = subprocess.run(
        [*command, *files], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


@pytest.fixture(scope="module")
def by_chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answer]:
    """One page for all: to load the runtime takes seconds."""
    if CHROMIUM is None:
        pytest.skip("no chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    folder = tmp_path_factory.mktemp("site")

    def serve(route: Any) -> None:
        name = route.request.url.removeprefix(_SITE)
        place = folder if name == "model.onnx" else PAGES
        if name.startswith("ort/"):
            place = _packages() / "node_modules/onnxruntime-web/dist"
        path = place / name.removeprefix("ort/")
        if path.is_file():
            route.fulfill(path=path)
        else:
            route.fulfill(status=404)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.route("**/*", serve)
        page.goto(f"{_SITE}page.html")
        page.wait_for_function("() => window.answerJobs !== undefined")

        def answer(model: bytes, jobs: Jobs, _: Path) -> list[dict[str, Any]]:
            (folder / "model.onnx").write_bytes(model)
            answers: list[dict[str, Any]] = page.evaluate("jobs => answerJobs(jobs)", jobs)
            return answers

        yield answer
        browser.close()


@pytest.fixture(params=["node", "web"])
def answer(request: pytest.FixtureRequest) -> Answer:
    _packages()
    if request.param == "node":
        return _by_node
    chosen: Answer = request.getfixturevalue("by_chromium")
    return chosen


def _job(model: OnnxRuntime, rows: Rows) -> list[dict[str, Any]]:
    job = []
    for each in model.inputs:
        cells = rows[each.column].tolist()
        if each.type != "string":
            # JavaScript writes it so.
            cells = [x if np.isfinite(x) else str(x).replace("inf", "Infinity") for x in cells]
        job.append({"name": each.name, "type": TYPES[each.type], "cells": cells})
    return job


def _written(description: ModelDescription) -> tuple[bytes, OnnxRuntime]:
    content = emit(description, made_models.facts(description))
    return content, OnnxRuntime(content)


def _rows() -> Rows:
    """Make rows without capitals beyond ASCII where texts are made lower: the web's lower them."""
    rows = dict(made_models.rows(400, seed=5))
    rows["note"] = np.where(rows["note"] == "Ärger cat", "cat", rows["note"])
    rows["Fläche = m²"] = np.linspace(-50, 50, 400, dtype=np.float32)
    return rows


@pytest.mark.slow
@pytest.mark.parametrize(("head", "task"), [("blend", "multiclass"), ("network", "decided")])
def test_javascript_hurting_rows_answers_as_python_does(
    answer: Answer, head: str, task: str, tmp_path: Path
) -> None:
    content, model = _written(made_models.model(head, task))
    expected: Answers = model(_rows())

    (got,) = answer(content, [_job(model, _rows())], tmp_path)

    assert got.keys() == expected.keys()
    for name, values in expected.items():
        if name == "class":
            assert got[name] == values.tolist()
            assert len(set(got[name])) > 1
        else:
            assert np.abs(np.array(got[name]) - values.ravel()).max() <= TOLERANCE


@pytest.mark.slow
@pytest.mark.parametrize("name", ["moments_parsed", "moments_pattern", "parsed", "words_weighed"])
def test_javascript_texts_that_are_taken_apart_answers_as_python_does(
    answer: Answer, name: str, tmp_path: Path
) -> None:
    description = OPERATION_CASES[name]
    content, model = _written(description)
    rows = rows_of(description)

    (got,) = answer(content, [_job(model, rows)], tmp_path)

    expected = model(rows)["probability"]
    assert np.abs(np.array(got["probability"]) - expected).max() <= TOLERANCE


@pytest.mark.slow
def test_javascript_inputs_of_a_wrong_type_are_refused_by_name_of_the_type(
    answer: Answer, tmp_path: Path
) -> None:
    content, model = _written(made_models.model("linear", "binary"))
    job = _job(model, {name: cells[:1] for name, cells in _rows().items()})

    def with_miles(**changed: Any) -> list[dict[str, Any]]:
        return [{**each, **changed} if each["name"] == "miles" else each for each in job]

    got = answer(
        content,
        [
            with_miles(type="string", cells=["1.5"]),
            with_miles(type="float64", cells=[1.5]),
            with_miles(cells=[1.5, 1.5]),
            [each for each in job if each["name"] != "miles"],
            [{**each, "type": TYPES["float32"], "cells": [7]} for each in job],
        ],
        tmp_path,
    )

    said = [each["error"] for each in got]
    assert "Actual: (tensor(string)) , expected: (tensor(float))" in said[0]
    assert "Actual: (tensor(double)) , expected: (tensor(float))" in said[1]
    assert "cannot be reshaped" in said[2] or "reshape_helper" in said[2]
    assert said[3] == "input 'miles' is missing in 'feeds'."
    assert "Unexpected input data type" in said[4]
