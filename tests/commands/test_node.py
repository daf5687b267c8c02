"""`tfx-pipeline node`: words that cannot be used, refused before TFX is imported."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from tfx_pipeline import __version__
from tfx_pipeline.cli import main
from tfx_pipeline.config.loader import load_config

Node = Callable[..., tuple[int, str]]


@pytest.fixture
def ir(tmp_path: Path, repository: Path) -> Path:
    """An IR file with the steps of a pipeline, that none of these tests runs."""
    config = load_config(
        repository / "configs/penguins.yaml",
        overrides=["environment.runtime_parameters=[model.epochs]"],
    ).config
    steps = ("CsvExampleGen", "Trainer", "Pusher")
    nodes = [{"pipelineNode": {"nodeInfo": {"id": step}}} for step in steps]
    document = {
        "format": 1,
        "package": __version__,
        "tfx": metadata.version("tfx"),
        "config": config.model_dump(mode="json", exclude_unset=True),
        "inputs": {"table_folder": "input", "schema_file": None},
        "pipeline": {"pipelineInfo": {"id": "penguins"}, "nodes": nodes},
    }
    file = tmp_path / "ir.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


@pytest.fixture
def node(ir: Path, capfd: pytest.CaptureFixture[str]) -> Node:
    """Run the command with these words in place of good ones; give status and output."""

    def run(**changed: str) -> tuple[int, str]:
        words = {"ir": str(ir), "node_id": "Trainer", "run_id": "one"} | changed
        status = main(["node", *(f"--{k.replace('_', '-')}={v}" for k, v in words.items())])
        return status, capfd.readouterr().out

    return run


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"node_id": "Trainor"}, ["no such step", "did you mean `Trainer`?", "CsvExampleGen"]),
        ({"node_id": "trainer "}, ["no such step", "Pusher"]),
        ({"node_id": ""}, ["no such step"]),
        ({"run_id": "a b"}, ["not a run id", "received a b"]),
        ({"run_id": "../up"}, ["not a run id"]),
        ({"run_id": 'a"; DROP'}, ["not a run id"]),
        ({"run_id": "x" * 201}, ["not a run id", "200 at most"]),
        ({"reuse": "one"}, ["a run cannot take over its own steps"]),
        ({"reuse": "a b"}, ["--reuse: not a run id"]),
        ({"wait_s": "-1"}, ["not a time"]),
        ({"wait_s": "nan"}, ["not a time"]),
        ({"metadata_url": "mysql://me:secret@db/x"}, ["a password in a URL"]),
        ({"metadata_url": "oracle://db/x"}, ["unknown kind of store", "sqlite:///"]),
        ({"metadata_url": "metadata.db"}, ["unknown kind of store"]),
        ({"set": "model.epoch=3"}, ["not a runtime parameter", "did you mean `model.epochs`?"]),
        ({"set": "model.epochs=many"}, ["`model.epochs` has a value that cannot be used"]),
        ({"set": "model.epochs"}, ["not an override"]),
        ({"ir": "/no/such/ir.json"}, ["/no/such/ir.json: no such file"]),
    ],
)
def test_node_with_words_that_cannot_be_used_is_refused(
    node: Node, words: dict[str, str], said: list[str]
) -> None:
    status, out = node(**words)
    assert status == 2, out
    for text in said:
        assert text in out
    assert "secret" not in out


def test_node_reports_all_wrong_words_at_once(node: Node) -> None:
    status, out = node(node_id="Trianer", run_id="?", wait_s="-3")
    assert status == 2
    assert "no such step" in out and "not a run id" in out and "not a time" in out


@pytest.mark.parametrize("missing", ["--ir=ir.json", "--node-id=Trainer", "--run-id=one"])
def test_node_without_a_word_that_it_needs_is_refused(
    missing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = {"--ir=ir.json", "--node-id=Trainer", "--run-id=one"} - {missing}
    with pytest.raises(SystemExit) as ended:
        main(["node", *sorted(words)])
    assert ended.value.code == 2
    assert missing.partition("=")[0] in capsys.readouterr().err


def test_node_refused_imports_nothing_heavy(ir: Path) -> None:
    program = (
        "import sys\n"
        "from tfx_pipeline.cli import main\n"
        f"main(['node', '--ir={ir}', '--node-id=Trianer', '--run-id=one'])\n"
        "print({'tfx', 'tensorflow', 'ml_metadata', 'apache_beam', 'numpy'} & {*sys.modules})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "set()" in done.stdout


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("--attempts=0", "allowed: a number from 1 to 99"),
        ("--attempts=-1", "allowed: a number from 1 to 99"),
        ("--attempts=100", "allowed: a number from 1 to 99"),
        ("--attempts=two", "received `two`"),
        ("--timeout-s=0", "allowed: seconds, more than 0"),
        ("--timeout-s=-5", "allowed: seconds, more than 0"),
        ("--timeout-s=nan", "received `nan`"),
        ("--umask=8", "allowed: three octal digits, e.g. 027"),
        ("--umask=0o27", "received `0o27`"),
        ("--umask=777", "the first of them 0"),
        ("--umask=1777", "allowed: three octal digits"),
    ],
)
def test_node_with_a_word_for_its_attempts_that_is_none_is_refused(
    ir: Path, capsys: pytest.CaptureFixture[str], word: str, said: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["node", f"--ir={ir}", "--node-id=Trainer", "--run-id=one", word])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_node_supervised_that_is_refused_ends_with_2_at_once(node: Node) -> None:
    status, out = node(node_id="Trianer", attempts="3", timeout_s="60.5", umask="022")
    assert status == 2
    assert out.count("did you mean `Trainer`?") == 1 and "again in" not in out


def test_node_names_each_of_several_steps_that_are_none(node: Node, ir: Path) -> None:
    words = [f"--ir={ir}", "--run-id=one", "--node-id=Trianer", "--node-id=Trainer"]
    program = f"from tfx_pipeline.cli import main; main(['node', *{words}, '--node-id=Pusha'])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "received Trianer" in done.stdout and "received Pusha" in done.stdout
    assert "received Trainer\n" not in done.stdout


def test_node_supervisor_imports_nothing_that_its_attempts_do(ir: Path) -> None:
    program = (
        "import sys\n"
        "from tfx_pipeline.cli import main\n"
        f"main(['node', '--ir={ir}', '--node-id=Trianer', '--run-id=one', '--attempts=2'])\n"
        "heavy = {'tfx', 'pydantic', 'rich', 'yaml', 'numpy', 'fsspec', 'google.protobuf'}\n"
        "print(heavy & {*sys.modules}, len(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    *_, last = done.stdout.splitlines()
    heavy, _, count = last.rpartition(" ")
    assert heavy == "set()"
    assert int(count) < 250
