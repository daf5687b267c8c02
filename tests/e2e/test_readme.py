"""The commands of the README and of the pages behind it, run as a reader would type them."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shlex
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pandas
import pytest

from tests.e2e.project import REPOSITORY, run_forked, run_python
from tests.export.pmml import pypmml
from tests.free_ports import free_ports

PAGES = (
    *("docs/data.md", "docs/init.md", "docs/clusters.md", "docs/models.md", "docs/report.md"),
    *("docs/formats.md", "docs/batch.md", "README.md"),
)
TEXTS = {page: (REPOSITORY / page).read_text(encoding="utf-8") for page in PAGES}
COMMANDS = [
    list(words)
    for words in dict.fromkeys(
        tuple(shlex.split(line, comments=True))
        for text in TEXTS.values()
        for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL)
        for line in block.splitlines()
    )
    if words
]
"""In the order of the pages; one that stands on two pages is here once."""
PIPELINE_COMMANDS = [words for words in COMMANDS if words[0] == ".venv/bin/tfx-pipeline"]
LOOKING_COMMANDS = ("explain", "runs", "report", "tuned", "export", "clean")
CLUSTER_COMMANDS = ("compile", "submit", "status", "node")


def test_readme_names_only_targets_that_make_knows() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    named = [words[1] for words in COMMANDS if words[0] == "make"]
    assert {"run", "test"} <= set(named)
    for target in named:
        assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize(
    "page",
    [
        *(*PAGES, "docs/beam.md", "docs/evaluation.md", "docs/risk.md", "docs/glossary.md"),
        "CONTRIBUTING.md",
    ],
)
def test_page_refers_only_to_what_is_there(page: str) -> None:
    path = REPOSITORY / page
    for target, _, part in re.findall(
        r"\]\((?!http)([^)#]*)(#([^)]*))?\)", path.read_text("utf-8")
    ):
        there = (path.parent / target).resolve() if target else path
        assert there.exists(), target
        if part:
            assert part in headings(there), f"{target}#{part}"


def headings(page: Path) -> set[str]:
    """Name the headings of a page as links do."""
    found = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in found}


def test_readme_names_only_programs_that_are_known() -> None:
    assert {words[0] for words in COMMANDS} <= {
        "make",
        "python",
        "docker",
        "curl",
        ".venv/bin/tfx-pipeline",
    }


def test_readme_doctor_command_runs() -> None:
    (arguments,) = [words[1:] for words in PIPELINE_COMMANDS if words[1] == "doctor"]
    done = run_python(["-m", "tfx_pipeline.cli", *arguments], REPOSITORY)
    assert "tfx" in done.stdout


def test_readme_reviews_schemas(tmp_path: Path) -> None:
    for folder in ("configs", "schema", "data"):
        shutil.copytree(REPOSITORY / folder, tmp_path / folder)
    shown = [words[1:] for words in PIPELINE_COMMANDS if words[1] == "schema"]
    assert [words[1] for words in shown] == ["infer", "check", "diff", "accept"]
    for arguments in shown:
        python_runs(["-m", "tfx_pipeline.cli", *arguments], tmp_path)
    assert (tmp_path / "schema/penguins/schema.pbtxt").is_file()
    changelog = (tmp_path / "schema/taxi/CHANGELOG.md").read_text(encoding="utf-8")
    assert "airport flat rates" in changelog


def test_readme_sets_up_tables(tmp_path: Path) -> None:
    for folder in ("configs", "schema", "data"):
        shutil.copytree(REPOSITORY / folder, tmp_path / folder)
    sets_up(tmp_path)
    for name in ("houses", "my_penguins"):
        for file in (
            f"configs/{name}.yaml",
            f"schema/{name}/schema.pbtxt",
            f"data/{name}/README.md",
        ):
            assert (tmp_path / file).is_file()


_QUICK = ("--set=risk.membership=off", "--set=risk.extraction=off")
"""Those that train models: they have tests of their own."""


def sets_up(folder: Path) -> None:
    """Run the shown commands that look at tables."""
    shown = [words[1:] for words in PIPELINE_COMMANDS if words[1] == "init"]
    assert len(shown) == 4
    for arguments in shown:
        python_runs(["-m", "tfx_pipeline.cli", *arguments], folder)


@pytest.mark.e2e
@pytest.mark.once
@pytest.mark.timeout(2400)  # a score of runs, one after the other
def test_readme_runs_work_in_their_order(tmp_path: Path) -> None:
    for folder in ("configs", "schema", "data"):
        shutil.copytree(REPOSITORY / folder, tmp_path / folder)
    sets_up(tmp_path)
    runs = [words[2:] for words in COMMANDS if words[:2] == ["python", "run_local.py"]]
    assert ["--config", "configs/penguins.yaml"] in runs
    assert ["--config", "configs/my_penguins.yaml"] in runs
    assert ["--only", "Evaluator"] in runs
    (own_model,) = re.findall(r"```python\n(.*?)```", TEXTS["docs/models.md"], re.DOTALL)
    (tmp_path / "my_model.py").write_text(own_model, encoding="utf-8")
    first, *others = runs
    python_runs([str(REPOSITORY / "run_local.py"), *first, *_QUICK], tmp_path)
    for arguments in others:
        words = [str(REPOSITORY / "run_local.py"), *arguments, *_QUICK]
        python_runs(words, tmp_path, forked=True)
    for words in PIPELINE_COMMANDS:
        if words[1] in LOOKING_COMMANDS:
            python_runs(["-m", "tfx_pipeline.cli", *words[1:]], tmp_path)
    exported_models_answer(tmp_path)
    (taxi, *_) = sorted((tmp_path / "tfx_pipeline_output/taxi/runs").iterdir())
    metrics = json.loads((taxi / "summary.json").read_text(encoding="utf-8"))["metrics"]
    assert metrics["auc"] >= 0.94
    assert metrics["log_loss"] <= 0.23
    for model in ("taxi", "penguins", "ames", "my_penguins"):
        assert list((tmp_path / "serving_model" / model).glob("[0-9]*/saved_model.pb"))
    batch_commands_work(tmp_path)
    serving_commands_work(tmp_path)


def batch_commands_work(project: Path) -> None:
    taxi = pandas.read_csv(project / "data/taxi/data.csv")
    with contextlib.closing(sqlite3.connect(project / "rides.db")) as database:
        taxi.to_sql("rides", database, index=False)
    shown = [words[1:] for words in PIPELINE_COMMANDS if words[1] == "batch"]
    assert len(shown) == 3
    for arguments in shown:
        python_runs(["-m", "tfx_pipeline.cli", *arguments], project)
    scored = pandas.read_parquet(project / "scored")
    assert (scored["tips"].astype(float) == taxi["tips"]).all()
    of_query = pandas.read_csv(project / "rides/part-00000.csv")
    assert abs(scored["probability"] - of_query["probability"]).max() < 1e-6


@pytest.mark.e2e
@pytest.mark.once
def test_readme_compiles_for_each_target_and_runs_single_steps(tmp_path: Path) -> None:
    for folder in ("configs", "schema", "data"):
        shutil.copytree(REPOSITORY / folder, tmp_path / folder)
    kubeflow = [words[2:] for words in COMMANDS if words[:2] == ["python", "run_kubeflow.py"]]
    assert kubeflow == [[]]
    runs = [[str(REPOSITORY / "run_kubeflow.py")]]
    runs += [
        ["-m", "tfx_pipeline.cli", *words[1:]]
        for words in PIPELINE_COMMANDS
        if words[1] in ("compile", "node")
    ]
    assert [run[2:3] for run in runs[1:]] == [["compile"]] * 2 + [["node"]] * 3
    for arguments in runs:
        python_runs(arguments, tmp_path)
    compiled = tmp_path / "tfx_pipeline_output/taxi/compiled"
    assert sorted(path.name for path in compiled.iterdir()) == ["kubeflow.yaml", "vertex.json"]


def test_readme_submits_and_asks_with_options_that_are_there() -> None:
    from tfx_pipeline.cli import full_parser

    shown = [words[1:] for words in PIPELINE_COMMANDS if words[1] in ("submit", "status")]
    assert [words[0] for words in shown] == ["submit", "submit", "status"]
    for words in shown:
        assert full_parser().parse_args(words).env == "kubeflow"


def test_risk_page_shows_options_and_sections_that_are_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tfx_pipeline.cli import full_parser
    from tfx_pipeline.commands.accepted_risks import accepted_risks
    from tfx_pipeline.config.loader import load_config
    from tfx_pipeline.config.root import PipelineConfig
    from tfx_pipeline.config.sections.evaluation import EvaluationConfig
    from tfx_pipeline.config.sections.risk.risk import RiskConfig
    from tfx_pipeline.config.source_text import as_written
    from tfx_pipeline.config.yaml_source import parse_yaml

    text = (REPOSITORY / "docs/risk.md").read_text(encoding="utf-8")
    shown = re.findall(r"^python run_local.py (.*)$", text, re.MULTILINE)
    assert len(shown) == 3
    monkeypatch.chdir(REPOSITORY)
    for line in shown:
        options = full_parser().parse_args(["run", *shlex.split(line, comments=True)])
        risks = accepted_risks(options)
        config = load_config(options.config, options.env, options.overrides, risks).config
        assert len(config.risk.accepted) == len(risks)
        assert config.risk.enabled == (options.env != "quick")
    for page, name, section in (
        ("risk", "risk", RiskConfig),
        ("evaluation", "evaluation", EvaluationConfig),
    ):
        text = (REPOSITORY / f"docs/{page}.md").read_text(encoding="utf-8")
        for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
            source = as_written(parse_yaml(block, page), PipelineConfig)
            section.model_validate(source.values[name])


def exported_models_answer(folder: Path) -> None:
    """Run what docs/formats.md shows in Python, and in Node where its package is."""
    blocks = re.findall(r"```python\n(.*?)```", TEXTS["docs/formats.md"], re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        python_runs(["-c", block], folder)
    said = json.loads((folder / "exports/penguins/parity.json").read_text(encoding="utf-8"))
    assert {name: each["verdict"] for name, each in said["formats"].items()} == dict.fromkeys(
        ("onnx", "tflite", "pmml"), "equal"
    )
    if not pypmml.why_not():
        (block,) = re.findall(r"```py\n(.*?)```", TEXTS["docs/formats.md"], re.DOTALL)
        subprocess.run([pypmml.PYTHON, "-c", block], cwd=folder, timeout=120, check=True)
    packages = Path(os.environ.get("ONNXRUNTIME_JAVASCRIPT", Path.home() / ".cache/onnxruntime"))
    if not (shutil.which("node") and (packages / "node_modules/onnxruntime-node").is_dir()):
        return
    (block,) = re.findall(r"```js\n(.*?)```", TEXTS["docs/formats.md"], re.DOTALL)
    (folder / "row.mjs").write_text(block, encoding="utf-8")
    (folder / "node_modules").symlink_to(packages / "node_modules")
    done = subprocess.run(
        ["node", "row.mjs"], cwd=folder, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.startswith("Gentoo Float32Array(3)")


def python_runs(arguments: Sequence[str], folder: Path, *, forked: bool = False) -> None:
    """Run Python with these arguments, which must end well and without a traceback."""
    done = (run_forked if forked else run_python)(arguments, folder)
    assert "Traceback" not in done.stdout + done.stderr


def serving_commands_work(folder: Path) -> None:
    """Run the serving section, on other ports, against the models that the runs pushed."""
    grpc_port, rest_port = free_ports(2)
    ports = [f"--port={grpc_port}", f"--rest_api_port={rest_port}"]
    others = ("batch", "doctor", "data", "init", "schema", *CLUSTER_COMMANDS, *LOOKING_COMMANDS)
    shown = [words[1:] for words in PIPELINE_COMMANDS if words[1] not in others]
    names = ["serve", "predict", "models", "promote", "rollback"]
    assert [words[0] for words in shown] == names
    versions = sorted(path.name for path in (folder / "serving_model/taxi").glob("[0-9]*"))
    with subprocess.Popen(
        [sys.executable, "-m", "tfx_pipeline.cli", *shown[0], *ports],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    ) as server:
        try:
            wait_open(rest_port)
            earlier = ["promote", "--label", "stable", "--version", versions[0]]
            for arguments in (earlier, *shown[1:]):
                url = f"--url=http://localhost:{rest_port}"
                done = run_python(["-m", "tfx_pipeline.cli", *arguments, url], folder)
                if arguments[0] == "predict":
                    assert f"3 rows by taxi version {versions[-1]}" in done.stdout
            assert "does not have named input: x" in asked(rest_port, '{"instances": [{"x": 1}]}')
        finally:
            server.send_signal(signal.SIGTERM)
    assert server.returncode == 0


def asked(port: int, body: str) -> str:
    """Send what the README's curl sends; that program may not be here."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    client.request("POST", "/v1/models/taxi:predict", body)
    answer = client.getresponse().read().decode()
    client.close()
    return answer


def wait_open(port: int) -> None:
    deadline = time.monotonic() + 120
    while True:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < deadline, "the server does not open its port"
        time.sleep(0.1)
