"""`tfx-pipeline data`: versions out of a real store and real TFRecords, and what changed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace

import pytest
from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as pb

from tests.commands.conftest import SILENT, CommandLine, ServedProject
from tests.ingestion.examples.test_row_hashes import write
from tests.runners.metadata.executions import event_of, sqlite_store
from tfx_pipeline.ingestion.versions.manifest import Manifest, SourceFile, record_version
from tfx_pipeline.ingestion.versions.row_counts import RowCounts

A, B, C = "aaaa0000aaaa0000", "bbbb1111bbbb1111", "bbbb2222bbbb2222"
TYPES = {"fare": "float32", "company": "string"}


class PlainArtifact:
    """What `record_version` sets of an artifact, on ML Metadata's own."""

    def __init__(self, artifact: pb.Artifact) -> None:
        self.artifact, self.uri = artifact, artifact.uri

    def set_string_custom_property(self, name: str, value: str) -> None:
        self.artifact.custom_properties[name].string_value = value

    def set_int_custom_property(self, name: str, value: int) -> None:
        self.artifact.custom_properties[name].int_value = value


class DataProject:
    """Runs of the pipeline `taxi`, as they are in ML Metadata and on disk."""

    def __init__(self, project: ServedProject) -> None:
        self.project = project
        self.root = project.folder / "tfx_pipeline_output/taxi"
        database = project.folder / "tfx_metadata/taxi/metadata.db"
        database.parent.mkdir(parents=True)
        self.store: MetadataStore = sqlite_store(database)

    def read(
        self,
        run: str,
        digest: str,
        train: Sequence[bytes],
        evaluated: Sequence[bytes] = (),
        files: Sequence[SourceFile] = (),
        types: dict[str, str] | None = None,
        dropped: int = 0,
    ) -> int:
        """Let a run read a table; give the id of its examples."""
        uri = self.root / "CsvExampleGen/examples" / run
        write(uri / "Split-train/data_tfrecord-00000-of-00001.gz", train)
        write(uri / "Split-eval/data_tfrecord-00000-of-00001.gz", evaluated)
        artifact = pb.Artifact(uri=str(uri), type_id=self._artifact_type("Examples"))
        counts = RowCounts(len(train) + len(evaluated) + dropped, dropped)
        manifest = Manifest(digest, counts, types or TYPES, tuple(files))  # type: ignore[arg-type]
        splits = {"train": len(train), "eval": len(evaluated)}
        record_version(PlainArtifact(artifact), manifest, splits)
        return self._execute("CsvExampleGen", run, [], "examples", artifact)

    def train(self, run: str, examples: int) -> int:
        artifact = pb.Artifact(uri=f"/models/{run}", type_id=self._artifact_type("Model"))
        return self._execute("Trainer", run, [("examples", examples)], "model", artifact)

    def push(self, run: str, model: int, version: int, *, there: bool = True) -> None:
        place = self.project.base / str(version)
        if there:
            self.project.add_version(version)
        artifact = pb.Artifact(uri=f"/pushed/{run}", type_id=self._artifact_type("PushedModel"))
        artifact.custom_properties["pushed_destination"].string_value = str(place)
        self._execute("Pusher", run, [("model", model)], "pushed_model", artifact)

    def reuse(self, run: str, examples: int) -> None:
        """Let a run reuse what another one read."""
        execution = pb.Execution(
            type_id=self.store.put_execution_type(pb.ExecutionType(name="type.CsvExampleGen")),
            last_known_state=pb.Execution.CACHED,
        )
        (artifact,) = self.store.get_artifacts_by_id([examples])
        pair = (artifact, event_of(pb.Event.OUTPUT, "examples", examples))
        self.store.put_execution(execution, [pair], self._contexts(run, "CsvExampleGen"))

    def withdraw(self, model: int) -> None:
        (artifact,) = self.store.get_artifacts_by_id([model])
        artifact.custom_properties["withdrawn"].int_value = 1
        self.store.put_artifacts([artifact])

    def _execute(
        self,
        node: str,
        run: str,
        inputs: Sequence[tuple[str, int]],
        output: str,
        artifact: pb.Artifact,
    ) -> int:
        execution = pb.Execution(
            type_id=self.store.put_execution_type(pb.ExecutionType(name=f"type.{node}")),
            last_known_state=pb.Execution.COMPLETE,
        )
        pairs = [
            (self.store.get_artifacts_by_id([each])[0], event_of(pb.Event.INPUT, name, each))
            for name, each in inputs
        ]
        pairs.append((artifact, event_of(pb.Event.OUTPUT, output)))
        _, ids, _ = self.store.put_execution(execution, pairs, self._contexts(run, node))
        return int(ids[-1])

    def _contexts(self, run: str, node: str) -> list[pb.Context]:
        found = []
        for kind, name in (("pipeline_run", run), ("node", f"taxi.{node}")):
            type_id = self.store.put_context_type(pb.ContextType(name=kind))
            known = self.store.get_context_by_type_and_name(kind, name)
            if known is None:
                self.store.put_contexts([pb.Context(type_id=type_id, name=name)])
                known = self.store.get_context_by_type_and_name(kind, name)
            found.append(known)
        return found

    def _artifact_type(self, name: str) -> int:
        return int(self.store.put_artifact_type(pb.ArtifactType(name=name)))


@pytest.fixture
def runs(project: ServedProject) -> DataProject:
    return DataProject(project)


@pytest.fixture
def three_versions(runs: DataProject) -> DataProject:
    """A, B and C; the model of A was replaced, that of B refused, that of C withdrawn."""
    one = SourceFile("1.csv", "d1", 4)
    two = SourceFile("2.csv", "d2", 3)
    rows = [b"1", b"2", b"3", b"3"]
    examples = runs.read("first", A, rows[:3], rows[3:], [one])
    runs.reuse("again", examples)
    runs.push("first", runs.train("first", examples), 11)
    runs.push("again", runs.train("again", examples), 12, there=False)
    runs.train("second", runs.read("second", B, [b"1", b"3"], [b"4", b"5"], [one, two], dropped=3))
    third = runs.read(
        "third",
        C,
        [b"1", b"3", b"6"],
        [b"4"],
        [replace(one, digest="d3"), replace(two, span="2026-01-02", version=3)],
        {"fare": "int64", "tips": "float32"},
    )
    model = runs.train("third", third)
    runs.push("third", model, 13, there=False)
    runs.withdraw(model)
    return runs


@pytest.mark.usefixtures("three_versions")
def test_log_lists_versions_newest_first_with_what_changed(tfx_pipeline: CommandLine) -> None:
    status, out, err = tfx_pipeline("data", "log", SILENT)
    assert (status, err) == (0, "")
    head, names, *lines = (" ".join(line.split()) for line in out.splitlines())
    assert head == "taxi: 3 versions of the data; no server answers at http://127.0.0.1:9"
    assert names == "version read run rows spans models changed"
    assert [line.split()[0] for line in lines] == [C[:8], B[:8], A[:8]]
    assert "third 4 2026-01-02 13 withdrawn 1 file changed, 1 column added, 1 column" in lines[0]
    assert "second 7 – not pushed 1 file added, +3 rows" in lines[1]
    assert "first 4 – 12 gone and 1 more –" in lines[2]


@pytest.mark.usefixtures("three_versions")
def test_log_json_has_all_of_it(tfx_pipeline: CommandLine) -> None:
    status, out, _ = tfx_pipeline("data", "log", "--json", SILENT)
    newest, middle, oldest = json.loads(out)["versions"]
    assert status == 0
    assert oldest["models"] == [
        {"run_id": "first", "version": "11", "state": "pushed"},
        {"run_id": "again", "version": "12", "state": "gone"},
    ]
    assert oldest["run_ids"] == ["first"] and oldest["changes"] is None
    assert middle["rows"] == {
        "read": 7,
        "dropped": 3,
        "quarantined": 0,
        "splits": {"train": 2, "eval": 2},
    }
    assert newest["changes"] == {
        "files_added": [],
        "files_removed": [],
        "files_changed": ["1.csv"],
        "rows": -3,
        "columns_added": ["tips"],
        "columns_removed": ["company"],
        "columns_retyped": {"fare": ["float32", "int64"]},
    }
    _, out, _ = tfx_pipeline("data", "log", "--json", "--limit=1", SILENT)
    assert [x["digest"] for x in json.loads(out)["versions"]] == [C]


@pytest.mark.usefixtures("three_versions")
def test_show_verifies_the_rows_that_are_in_the_files(tfx_pipeline: CommandLine) -> None:
    status, out, _ = tfx_pipeline("data", "show", B[:6], "--verify", SILENT)
    text = " ".join(out.split())
    assert status == 0
    assert "rows read 7 = train 2 + eval 2 + dropped 3" in text
    assert "verified eval 2 + train 2 rows are in the files" in text
    assert "2.csv 3 d2" in text and "second – not pushed" in text


def test_show_verify_of_rows_that_were_lost_is_refused(
    three_versions: DataProject, tfx_pipeline: CommandLine
) -> None:
    folder = three_versions.root / "CsvExampleGen/examples/second/Split-train"
    write(folder / "data_tfrecord-00000-of-00001.gz", [b"1"])
    status, out, err = tfx_pipeline("data", "show", "second", "--verify", SILENT)
    assert (status, out) == (3, "")
    assert "rows were lost since" in err
    assert "received eval 2, train 1" in err and "allowed  eval 2, train 2" in err


@pytest.mark.usefixtures("three_versions")
def test_diff_counts_rows_exactly(tfx_pipeline: CommandLine) -> None:
    status, out, _ = tfx_pipeline("data", "diff", "first", "latest", SILENT)
    text = " ".join(out.split())
    assert status == 0
    assert f"2 in both, 2 only in {A[:8]}, 2 only in {C[:8]}" in text
    assert "files added: 2.csv" in text and "files changed: 1.csv" in text
    assert "types fare float32 → int64" in text
    _, out, _ = tfx_pipeline("data", "diff", "previous", "latest", "--json", SILENT)
    rows = json.loads(out)["diff"]["rows"]
    assert rows == {"both": 3, "only_before": 1, "only_after": 1}


def test_diff_of_examples_that_are_gone_says_so(
    three_versions: DataProject, tfx_pipeline: CommandLine
) -> None:
    (three_versions.root / "CsvExampleGen/examples/first").rename(three_versions.root / "elsewhere")
    status, _, err = tfx_pipeline("data", "diff", "first", "latest", SILENT)
    assert status == 3 and f"the examples of version {A} are gone" in err
    status, out, _ = tfx_pipeline("data", "log", SILENT)
    assert status == 0 and A[:8] in out


@pytest.mark.usefixtures("three_versions")
@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("secnod", "did you mean `second`?"),
        ("aaaa0001", "did you mean `aaaa0000`?"),
        ("bbbb", f"several versions begin so\n    received bbbb\n    allowed  {B}, {C}"),
        ("aaa", "no version of the data is called so"),
    ],
)
def test_version_that_is_not_known_names_the_nearest(
    tfx_pipeline: CommandLine, wanted: str, said: str
) -> None:
    status, out, err = tfx_pipeline("data", "show", wanted, SILENT)
    assert (status, out) == (2, "")
    assert said in err


def test_previous_of_one_version_is_refused(runs: DataProject, tfx_pipeline: CommandLine) -> None:
    runs.read("first", A, [b"1"])
    status, _, err = tfx_pipeline("data", "diff", "previous", "latest", SILENT)
    assert status == 2 and "there is only 1 version of the data" in err


def test_version_that_was_read_twice_is_one(runs: DataProject, tfx_pipeline: CommandLine) -> None:
    runs.train("first", runs.read("first", A, [b"1"]))
    runs.train("second", runs.read("second", A, [], [b"1"]))
    _, out, _ = tfx_pipeline("data", "log", "--json", SILENT)
    (version,) = json.loads(out)["versions"]
    assert version["run_ids"] == ["first", "second"]
    assert [model["run_id"] for model in version["models"]] == ["first", "second"]
    assert version["rows"]["splits"] == {"train": 0, "eval": 1}


def test_examples_of_an_earlier_release_are_listed_without_rows(
    runs: DataProject, tfx_pipeline: CommandLine
) -> None:
    artifact = pb.Artifact(uri="/gone", type_id=runs._artifact_type("Examples"))
    runs._execute("CsvExampleGen", "old", [], "examples", artifact)
    status, out, _ = tfx_pipeline("data", "log", SILENT)
    assert status == 0 and "old" in out
    runs.read("first", A, [b"1"])
    status, _, err = tfx_pipeline("data", "show", "old", "--verify", SILENT)
    assert status == 3 and "are gone" in err


def test_data_before_any_run_says_how_to_make_one(tfx_pipeline: CommandLine) -> None:
    status, out, err = tfx_pipeline("data", "log", SILENT)
    assert (status, out) == (2, "")
    assert "nothing is known of `taxi` yet" in err


def test_data_of_a_run_that_read_nothing_says_so(
    runs: DataProject, tfx_pipeline: CommandLine
) -> None:
    runs.store.put_context_type(pb.ContextType(name="pipeline_run"))
    status, _, err = tfx_pipeline("data", "log", SILENT)
    assert status == 2 and "no run has read a table to its end" in err


@pytest.mark.usefixtures("three_versions")
def test_log_imports_nothing_heavy_and_takes_under_1_5_s(project: ServedProject) -> None:
    program = (
        "import sys, time\n"
        "from tfx_pipeline.cli import main\n"
        f"assert main(['data', 'log', {project.config!r}, {SILENT!r}]) == 0\n"
        "heavy = {'tensorflow', 'tfx', 'apache_beam', 'pyarrow'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert time.process_time() < 1.5, time.process_time()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert C[:8] in done.stdout
