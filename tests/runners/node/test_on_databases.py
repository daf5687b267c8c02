"""The shipped penguins, node by node, with their metadata in a database."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent import futures
from pathlib import Path

import pytest

from tests.forked import Done, Job, forked
from tests.runners.metadata.database_servers import PASSWORD, PASSWORD_PART, DatabaseServer
from tfx_pipeline.runners.node.ir_file import read_ir

pytestmark = [pytest.mark.e2e, pytest.mark.once]

_SECRET = {"TFX_METADATA_PASSWORD": PASSWORD}


class Nodes:
    """A compiled pipeline whose nodes run in processes of their own."""

    def __init__(self, folder: Path, repository: Path, server: DatabaseServer) -> None:
        self.folder, self.file = folder, folder / "ir.json"
        settings = {
            "pipeline_root": folder / "root",
            "metadata.kind": server.kind,
            "metadata.host": server.host,
            "metadata.port": server.port,
            "metadata.user": server.user,
            "metadata.database": server.database,
        }
        words = ["compile", "--target=ir", "--upload", f"--output={self.file}"]
        words += [f"--config={repository}/configs/penguins.yaml"]
        words += [f"--set=environment.{name}={value}" for name, value in settings.items()]
        words += [f"--set=push.base_directory={folder}/serving", "--set=model.epochs=3"]
        words += ["--set=push.infra_check.server=none"]
        done = forked().run(words, cwd=repository, env=_SECRET)
        assert done.status == 0, done.out + done.err
        self.ir = read_ir(str(self.file))

    def words(self, node_id: str, run_id: str = "one") -> list[str]:
        return ["node", f"--ir={self.file}", f"--node-id={node_id}", f"--run-id={run_id}"]

    def run(self, node_id: str, run_id: str = "one") -> Done:
        done = forked().run(self.words(node_id, run_id), cwd=self.folder, env=_SECRET)
        assert PASSWORD_PART not in done.out + done.err
        return done

    def run_at_once(self, node_id: str, run_ids: Sequence[str]) -> None:
        """Run a node of several runs, all at the same time."""
        with futures.ThreadPoolExecutor(len(run_ids)) as pool:
            for done in pool.map(lambda run_id: self.run(node_id, run_id), run_ids):
                assert done.status == 0, done

    def start(self, node_id: str, patience_s: float) -> Job:
        words = ["python", "-m", "tests.runners.node.patient_node", str(patience_s)]
        return forked().start([*words, *self.words(node_id)], cwd=self.folder, env=_SECRET)


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TFX_METADATA_PASSWORD", PASSWORD)


def test_pipeline_by_nodes_on_postgresql_pushes_a_model(
    tmp_path: Path, repository: Path, database_of: Callable[[str], DatabaseServer]
) -> None:
    server = database_of("postgresql")
    nodes = Nodes(tmp_path, repository, server)
    assert PASSWORD_PART not in nodes.file.read_text(encoding="utf-8")
    first, *others = nodes.ir.node_ids
    nodes.run_at_once(first, ["one", "two"])  # they make the tables, the types, the contexts
    for node_id in others:
        if node_id == "DataGate":  # which nobody tries again
            back_after(server, 3)
        done = nodes.run(node_id)
        assert done.status == 0, done
    (version,) = (tmp_path / "serving/penguins").iterdir()
    assert (version / "saved_model.pb").is_file()
    again = nodes.run("Trainer")
    assert again.status == 0 and "done before" in again.out, again
    assert nodes.run(first, "three").status == 0
    for node_id in others[:4]:
        nodes.run_at_once(node_id, ["two", "three"])
    undone = server.sql("SELECT id FROM execution WHERE last_known_state NOT IN (3, 5)")
    assert undone == []  # all are complete or cached
    assert server.sql("SELECT COUNT(*) FROM execution") == [[str(len(others) + 1 + 2 * 5)]]
    twice = "SELECT name, COUNT(*) FROM {} GROUP BY name HAVING COUNT(*) > 1"
    assert [server.sql(twice.format(table)) for table in ("type", "context")] == [[], []]


def test_node_whose_database_dies_fails_clearly_and_can_be_repeated(
    tmp_path: Path, repository: Path, database_of: Callable[[str], DatabaseServer]
) -> None:
    server = database_of("mysql")
    nodes = Nodes(tmp_path, repository, server)
    returned = _kill_while_it_works(nodes, server, "CsvExampleGen", patience_s=60, back_after_s=1)
    assert returned.status == 0, returned

    failed = _kill_while_it_works(nodes, server, "StatisticsGen", patience_s=0.5)
    assert failed.status == 1, failed
    assert "nothing answers at 127.0.0.1" in failed.out + failed.err
    assert PASSWORD_PART not in failed.out + failed.err
    never = nodes.start("StatisticsGen", 1.0).wait()
    assert never.status == 1, never
    assert "nothing answers at 127.0.0.1" in never.out + never.err
    (half,) = (tmp_path / "root/StatisticsGen/statistics").iterdir()
    back_after(server, 3)
    again = nodes.run("StatisticsGen")
    assert again.status == 0, again
    assert "waiting up to 60 s: nothing answers at 127.0.0.1" in again.err
    assert not half.exists()
    states = server.sql("SELECT last_known_state, COUNT(*) FROM Execution GROUP BY 1 ORDER BY 1")
    assert states == [["3", "2"], ["6", "1"]]  # complete; canceled


def back_after(server: DatabaseServer, seconds: float) -> None:
    """Let the server be away for some time from now on."""
    server.kill()
    threading.Timer(seconds, server.start).start()


def _kill_while_it_works(
    nodes: Nodes,
    server: DatabaseServer,
    node_id: str,
    patience_s: float,
    back_after_s: float | None = None,
) -> Done:
    """Kill the database when the node has begun."""
    job = nodes.start(node_id, patience_s)
    tables = "SHOW TABLES LIKE 'Execution'"
    running = "SELECT COUNT(*) FROM Execution WHERE last_known_state = 2"
    until = time.monotonic() + 60
    while not server.sql(tables) or server.sql(running) != [["1"]]:
        assert time.monotonic() < until and not job.ended.is_set(), job.wait()
        time.sleep(0.02)
    while not list(nodes.folder.glob(f"root/{node_id}/*/*")):  # then it makes their folders
        assert time.monotonic() < until and not job.ended.is_set(), job.wait()
        time.sleep(0.02)
    server.kill()
    if back_after_s is not None:
        time.sleep(back_after_s)
        server.start()
    return job.wait()
