"""The subcommands with a real server, started by `tfx-pipeline serve`, and real models."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.commands.conftest import ServedProject
from tests.deployment.conftest import listed_versions
from tests.free_ports import free_ports
from tests.serving.conftest import many_signatures  # noqa: F401 - a fixture
from tfx_pipeline.cli import main
from tfx_pipeline.deployment.client import RestClient
from tfx_pipeline.deployment.version_label_file import VersionLabelFile
from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.serving.types import ModelSpec, StateName

pytestmark = pytest.mark.slow

ROWS = "label,s,n,a\n0,Chicago,2,1.5\n1,,-1,\n"  # `label` is not for the model
CommandLine = Callable[..., tuple[int, str, str]]


class Running:
    """A server that `tfx-pipeline serve` became, for versions 1, 2 and 3."""

    def __init__(self, project: ServedProject) -> None:
        self.project = project
        rest, grpc = free_ports(2)
        self.url, self.grpc = f"http://127.0.0.1:{rest}", f"127.0.0.1:{grpc}"
        flags = (f"--rest_api_port={rest}", f"--port={grpc}", "--max_num_load_retries=0")
        command = [sys.executable, "-m", "tfx_pipeline.cli", "serve", project.config, *flags]
        self.log = project.folder / "server.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--server=embedded"], stdout=log, stderr=subprocess.STDOUT
            )
        self.client = RestClient(self.url)
        self.wait_until(lambda: 3 in self.available())

    @property
    def version_label_file(self) -> VersionLabelFile:
        return VersionLabelFile(self.project.base, "taxi")

    def available(self) -> set[int]:
        states = self.client.states("taxi")
        return {x.version for x in states if x.state is StateName.AVAILABLE}

    def wait_until(self, is_so: Callable[[], bool], timeout_s: float = 60) -> None:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text(encoding="utf-8")
            with contextlib.suppress(ServingError):
                if is_so():
                    return
            time.sleep(0.1)
        raise AssertionError(self.log.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory,
    repository: Path,
    many_signatures: Path,  # noqa: F811
) -> Iterator[Running]:
    project = ServedProject(tmp_path_factory.mktemp("served"), repository)
    for version in (1, 2, 3):
        project.add_version(version, many_signatures)
    running = Running(project)
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.wait()


@pytest.fixture
def command(server: Running, capfd: pytest.CaptureFixture[str]) -> CommandLine:
    """Run a subcommand for the served project; give its exit status, output and errors."""

    def run(name: str, *arguments: str) -> tuple[int, str, str]:
        is_grpc = any(word.startswith("--grpc") for word in arguments)
        url = () if is_grpc else (f"--url={server.url}",)
        status = main([name, server.project.config, *url, *arguments])
        sys.stdout.flush()
        captured = capfd.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def table(tmp_path: Path) -> str:
    file = tmp_path / "rows.csv"
    file.write_text(ROWS, encoding="utf-8")
    return f"--input={file}"


def test_predict_gives_the_same_by_rest_and_by_grpc(
    server: Running, command: CommandLine, table: str
) -> None:
    status, out, _ = command("predict", table, "--json")
    first, second = map(json.loads, out.splitlines())
    assert status == 0
    assert first == {"sum": 3.5, "text": "Chicago!", "raw_bytes": "Chicago"}
    assert second["sum"] != second["sum"]  # NaN, since `a` is missing
    by_grpc = command("predict", table, "--json", f"--grpc={server.grpc}")[1]
    assert json.loads(by_grpc.splitlines()[0]) == first


def test_predict_prints_a_table_in_the_order_of_the_columns(
    server: Running, command: CommandLine, table: str
) -> None:
    _, out, _ = command("predict", table, "--limit=1")
    head, row, closing = out.splitlines()
    assert head.split() == ["row", "raw_bytes", "sum", "text", "s", "n", "a"]
    assert row.split() == ["1", "Chicago", "3.5", "Chicago!", "Chicago", "2", "[1.5]"]
    assert closing.startswith(f"1 row by taxi version 3 at {server.url}, ")


def test_predict_sends_more_rows_than_a_batch_in_order(
    command: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "many.csv"
    file.write_text("s,n,a\n" + "".join(f"x,{n},0\n" for n in range(600)), encoding="utf-8")
    _, out, _ = command("predict", f"--input={file}", "--json", "--limit=550")
    assert [json.loads(line)["sum"] for line in out.splitlines()] == list(range(550))


def test_predict_of_words_and_of_another_signature(command: CommandLine) -> None:
    _, out, _ = command("predict", "--json", "n=2", "a=0.5")
    assert json.loads(out) == {"sum": 2.5, "text": "!", "raw_bytes": ""}
    _, out, _ = command("predict", "--json", "--signature=fail", "x=3")
    assert json.loads(out) == {"y": 3.0}


@pytest.mark.parametrize("by_grpc", [False, True])
@pytest.mark.parametrize(
    ("arguments", "status", "expected"),
    [
        (["--model=cab", "n=1"], 1, ["has no model `cab`"]),
        (["--version=9", "n=1"], 1, ["does not serve version 9", "allowed  3 (AVAILABLE)"]),
        (["--label=blue", "n=1"], 1, ["knows no label `blue`", "label: blue"]),
        (["--signature=fial", "n=1"], 2, ["did you mean `fail`?", "serving_default"]),
        (["--signature=fail", "x=-3"], 1, ["the server refused the request", "negative"]),
        (["m=1"], 2, ["the model has no input `m`", "allowed  "]),
        (["n=1.5"], 2, ["`n` has a value that cannot be used", "a whole number"]),
    ],
)
def test_predict_of_what_is_not_there_says_what_is(
    server: Running,
    command: CommandLine,
    arguments: list[str],
    status: int,
    expected: list[str],
    by_grpc: bool,
) -> None:
    address = [f"--grpc={server.grpc}"] if by_grpc else []
    found, out, err = command("predict", *arguments, *address)
    assert (found, out) == (status, "")
    assert all(text in err for text in expected), err


def test_labels_move_on_the_running_server(
    server: Running,
    command: CommandLine,
    table: str,
    many_signatures: Path,  # noqa: F811
) -> None:
    assert server.available() == {3}
    status, out, _ = command("promote", "--label=stable", "--version=1")
    assert (status, f"the server at {server.url} follows" in out) == (0, True), out
    assert server.available() == {1, 3}
    assert "taxi version 1 at" in command("predict", table, "--label=stable")[1]
    assert "taxi version 3 at" in command("predict", table)[1]
    command("promote", "--label=stable", "--version=2")
    assert server.client.metadata(ModelSpec("taxi", version_label="stable")).version == 2
    assert "2  available  stable" in command("models")[1]
    server.project.add_version(4, many_signatures)
    server.version_label_file.follow()  # what a push does
    server.wait_until(lambda: server.available() == {1, 2, 4})
    status, out, _ = command("rollback")
    assert (status, "taxi: stable → 1 (was 2)" in out) == (0, True)
    assert server.client.metadata(ModelSpec("taxi", version_label="stable")).version == 1
    assert server.client.metadata(ModelSpec("taxi")).version == 4


def test_promote_to_a_version_that_does_not_load_leaves_the_label(
    server: Running, command: CommandLine
) -> None:
    command("promote", "--label=canary", "--version=3")
    (server.project.add_version(0) / "saved_model.pb").write_text("no model", encoding="utf-8")
    status, _, err = command("promote", "--label=canary", "--version=0")
    assert status == 1
    assert "version 0: the server cannot load it" in err
    assert server.version_label_file.version_labels()["canary"] == 3
    assert 0 not in listed_versions(server.version_label_file)


def test_serve_ends_as_the_server_does(server: Running) -> None:
    os.kill(server.process.pid, signal.SIGTERM)
    assert server.process.wait(30) == 0
    with pytest.raises(ServingError, match="no server answers"):
        server.client.states("taxi")
