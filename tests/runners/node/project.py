"""A small project on the penguins, compiled once, whose steps the tests run one by one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ml_metadata.proto import metadata_store_pb2 as pb

from tests.forked import Done, Job, forked
from tests.runners.metadata.executions import sqlite_store

REPOSITORY = Path(__file__).resolve().parents[3]


class NodeProject:
    """The shipped penguins configuration in a folder of its own, and its IR file."""

    def __init__(self, folder: Path, *settings: str) -> None:
        self.folder = folder
        shutil.copytree(REPOSITORY / "configs", folder / "configs")
        shutil.copytree(REPOSITORY / "data/penguins", folder / "data/penguins")
        self.ir = self.compile("ir.json", *settings)

    def compile(self, name: str, *settings: str) -> Path:
        """Write an IR file of the configuration with these settings."""
        words = ["compile", "--config=configs/penguins.yaml", "--target=ir", "--upload"]
        done = forked().run(
            [*words, f"-o={name}", *(f"--set={x}" for x in settings)], cwd=self.folder
        )
        assert done.status == 0, done.out + done.err
        return self.folder / name

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / "tfx_metadata/penguins/metadata.db"

    def start(self, node: str, run: str, *more: str, env: Mapping[str, str] | None = None) -> Job:
        """Start a step."""
        words = ["node", f"--ir={self.ir}", f"--node-id={node}", f"--run-id={run}", *more]
        return forked().start(words, cwd=self.folder, env=env)

    def run(self, node: str, run: str, *more: str) -> Done:
        """Run a step to its end."""
        return self.start(node, run, *more).wait()

    def run_all(self, nodes: Iterable[str], run: str) -> None:
        """Run steps one after the other; all must end well."""
        for node in nodes:
            done = self.run(node, run)
            assert done.status == 0, done.out + done.err

    def states(self, node: str, run: str) -> list[str]:
        """Give the states of the attempts at a step in a run, the oldest first."""
        store = sqlite_store(self.database)
        contexts = [
            store.get_context_by_type_and_name("pipeline_run", run),
            store.get_context_by_type_and_name("node", f"penguins.{node}"),
        ]
        if None in contexts:
            return []
        found = [store.get_executions_by_context(context.id) for context in contexts]
        ids = {x.id for x in found[0]} & {x.id for x in found[1]}
        attempts = sorted((x.id, x.last_known_state) for x in found[0] if x.id in ids)
        return [pb.Execution.State.Name(state) for _, state in attempts]

    def written(self, node: str, output: str) -> list[Path]:
        """List the folders of all attempts' output, the oldest first."""
        folders = (self.folder / "tfx_pipeline_output/penguins" / node / output).glob("*")
        return sorted(folders, key=lambda folder: int(folder.name))

    def document(self) -> dict[str, Any]:
        """Read the IR file."""
        document: dict[str, Any] = json.loads(self.ir.read_text(encoding="utf-8"))
        return document
