"""Steps on a machine that has the volume and the user's code, and nothing else of the submitter's.

The penguins, with a curated schema, the user's own functions, and another value than the compiled
one for a parameter of the run.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2 as pb

from tests.forked import forked
from tests.runners.metadata.executions import sqlite_store
from tests.runners.node.project import NodeProject
from tfx_pipeline.runners.node.ir_file import read_ir

pytestmark = [pytest.mark.e2e, pytest.mark.once]

HOOKS = """
from own_numbers import NUMBER
from tfx_pipeline.modules import preprocessing, training

def preprocessing_fn(inputs, custom_config):
    return preprocessing.preprocessing_fn(inputs, custom_config)

def run_fn(fn_args):
    print(f"own number {NUMBER}")
    training.run_fn(fn_args)
"""
DATA_STEPS = ("CsvExampleGen", "StatisticsGen", "SchemaGen", "ImportSchemaGen", "ExampleValidator")
EPOCHS = 3


class Elsewhere:
    """A pod: a folder with the user's code, and a volume with the pipeline root."""

    def __init__(self, folder: Path) -> None:
        self.pod, self.volume = folder / "pod", folder / "volume"
        submitter = NodeProject(folder / "submitter")
        submitter.run_all(["CsvExampleGen", "StatisticsGen", "SchemaGen"], "first")
        (schema,) = submitter.written("SchemaGen", "schema")
        curated = submitter.folder / "schema/penguins/schema.pbtxt"
        curated.parent.mkdir(parents=True)
        curated.write_bytes((schema / "schema.pbtxt").read_bytes())
        self.pod.mkdir()
        for name, text in (("own_steps", HOOKS), ("own_numbers", "NUMBER = 7\n")):
            for place in (submitter.folder, self.pod):
                (place / f"{name}.py").write_text(text, encoding="utf-8")
        settings = [
            f"environment.pipeline_root={self.volume}/root",
            f"environment.metadata.path={self.volume}/metadata.db",
            f"push.base_directory={self.volume}/serving",
            "push.infra_check.server=none",
            "environment.runtime_parameters=[model.epochs, evaluation.thresholds.accuracy.min]",
            f"model.epochs={EPOCHS}",
            "evaluation.thresholds.accuracy.min=0.1",
            "data.schema_file=schema/penguins/schema.pbtxt",
            "hooks.preprocessing_fn=own_steps.preprocessing_fn",
            "hooks.run_fn=own_steps.run_fn",
        ]
        compiled = submitter.compile("compiled.json", *settings)
        self.ir = self.volume / "ir.json"
        compiled.rename(self.ir)
        shutil.rmtree(submitter.folder)
        self.node_ids = read_ir(str(self.ir)).node_ids

    def run(self, node: str, run: str, *more: str) -> tuple[int, str]:
        words = ["node", f"--ir={self.ir}", f"--node-id={node}", f"--run-id={run}", *more]
        done = forked().run(words, cwd=self.pod)
        return done.status, done.out + done.err

    def run_all(self, run: str, *more: str, until: str = "Pusher") -> None:
        for node in self.node_ids[: self.node_ids.index(until) + 1]:
            status, said = self.run(node, run, *more)
            assert status == 0, said

    def states(self, run: str) -> dict[str, str]:
        """Give the states of a run's steps; each was tried once."""
        store = sqlite_store(self.volume / "metadata.db")
        context = store.get_context_by_type_and_name("pipeline_run", run)
        found = {}
        for execution in store.get_executions_by_context(context.id):
            names = [x.name for x in store.get_contexts_by_execution(execution.id)]
            (node,) = (x.partition(".")[2] for x in names if x.startswith("penguins."))
            assert node not in found
            found[node] = pb.Execution.State.Name(execution.last_known_state)
        return found


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Elsewhere:
    """With three runs: another value, the compiled one, and the compiled one given by name."""
    place = Elsewhere(tmp_path_factory.mktemp("elsewhere"))
    place.run_all("other", "--set=model.epochs=2", "--set=evaluation.thresholds.accuracy.min=0.2")
    place.run_all("compiled")
    place.run_all("named", f"--set=model.epochs={EPOCHS}", until="Trainer")
    return place


def of(states: dict[str, str], names: Sequence[str]) -> set[str]:
    return {state for name, state in states.items() if name in names}


def test_run_with_another_value_needs_nothing_of_the_submitters_machine(
    elsewhere: Elsewhere,
) -> None:
    states = elsewhere.states("other")
    assert {*states} == {*elsewhere.node_ids} and {*DATA_STEPS} <= {*states}
    assert {*states.values()} == {"COMPLETE"}
    assert (elsewhere.volume / "serving/penguins").is_dir()


def test_run_with_the_compiled_value_takes_all_that_the_value_does_not_change(
    elsewhere: Elsewhere,
) -> None:
    states = elsewhere.states("compiled")
    assert of(states, DATA_STEPS) == {"CACHED"}
    assert states["Transform"] == states["DataGate"] == "CACHED"
    assert states["Trainer"] == states["Evaluator"] == "COMPLETE"


def test_run_given_the_compiled_value_by_name_is_the_compiled_one(elsewhere: Elsewhere) -> None:
    states = elsewhere.states("named")
    assert of(states, [*DATA_STEPS, "Transform", "DataGate", "Trainer"]) == {"CACHED"}
