"""The same examples in this process and by Beam, and all rows accounted for."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils, standard_artifacts

from tests.ingestion.conftest import table_needs
from tfx_pipeline.components.example_gen.component import csv_example_gen
from tfx_pipeline.components.example_gen.executor import StagedTableExecutor
from tfx_pipeline.errors import StepError
from tfx_pipeline.ingestion.needs import LabelNeeds, SplitNeeds
from tfx_pipeline.ingestion.staging import stage_table
from tfx_pipeline.ingestion.table_reading import read_table
from tfx_pipeline.ingestion.versions.row_counts import ROW_COUNTS
from tfx_pipeline.storage import fileio

pytestmark = pytest.mark.slow

EXECUTOR = StagedTableExecutor.__module__
LOCAL = ["--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A staged table of 300 rows, 20 of them without a label, in a folder with an odd name."""
    rows = "".join(f"{i},{'' if i % 15 == 0 else i % 2}\n" for i in range(300))
    (tmp_path / "table.csv").write_text("x,y\n" + rows)
    needs = table_needs(LabelNeeds("y", "binary"), x="number", y="number")
    table = read_table(tmp_path / "table.csv", needs)
    return stage_table(table, tmp_path / "st[a]ged*")


def executed(folder: str, target: str, *beam: str, remote: bool = False) -> Any:
    """Run the executor with the component's own properties."""
    component = csv_example_gen(folder, SplitNeeds({"train": 2, "eval": 1}, 3))
    examples = standard_artifacts.Examples()
    examples.uri = target
    context = base_beam_executor.BaseBeamExecutor.Context(beam_pipeline_args=[*LOCAL, *beam])
    with pytest.MonkeyPatch.context() as patch:
        if remote:
            patch.setattr(f"{EXECUTOR}.works_in_this_process", lambda words: False)
        StagedTableExecutor(context).Do({}, {"examples": [examples]}, component.exec_properties)
    return examples


def records(examples: Any, split: str) -> list[bytes]:
    """Records of a split, in any order; framed as they are."""
    import tensorflow as tf

    files = sorted(Path(artifact_utils.get_split_uri([examples], split)).iterdir())
    found = tf.data.TFRecordDataset([str(file) for file in files], "GZIP")
    return sorted(found.as_numpy_iterator())


def test_executor_writes_what_beam_writes_and_counts_all_rows(folder: Path, tmp_path: Path) -> None:
    here = executed(str(folder), str(tmp_path / "here"))
    beam = executed(str(folder), str(tmp_path / "beam"), remote=True)
    counts = json.loads(here.get_string_custom_property(ROW_COUNTS))
    assert (counts["read"], counts["dropped"], counts["quarantined"]) == (300, 20, 0)
    assert sum(counts["splits"].values()) == 280
    assert json.loads(beam.get_string_custom_property(ROW_COUNTS)) == counts
    for name, count in counts["splits"].items():
        assert len(records(here, name)) == count
        assert records(here, name) == records(beam, name)
    assert here.split_names == beam.split_names
    payload = here.get_string_custom_property("payload_format")
    assert payload == beam.get_string_custom_property("payload_format") == "FORMAT_TF_EXAMPLE"
    assert sorted(x.name for x in (tmp_path / "beam").iterdir()) == [
        "Split-eval",
        "Split-train",
        "data_version.json",
    ]


def test_executor_on_a_store_reads_and_writes_there(folder: Path, tmp_path: Path) -> None:
    root = f"memory://{tmp_path.name}"
    fileio.upload_tree(folder, f"{root}/input/digest")
    examples = executed(f"{root}/input/digest", f"{root}/examples/1")
    assert examples.uri == f"{root}/examples/1"
    files = set(fileio.list_files(examples.uri))
    name = "data_tfrecord-00000-of-00001.gz"
    assert files == {f"Split-train/{name}", f"Split-eval/{name}", "data_version.json"}
    assert len(gzip.decompress(fileio.read_bytes(f"{examples.uri}/Split-eval/{name}"))) > 1000


@pytest.mark.parametrize("has_manifest", [True, False])
def test_executor_whose_copy_lacks_rows_refuses_to_count(
    folder: Path, tmp_path: Path, has_manifest: bool
) -> None:
    facts = json.loads((folder / "table.json").read_text())
    facts["files"][0]["rows"] += 1
    (folder / "table.json").write_text(json.dumps(facts))
    if not has_manifest:
        (folder / "data_version.json").unlink()
    with pytest.raises(StepError, match="the rows do not add up"):
        executed(str(folder), str(tmp_path / "here"))


def test_executor_whose_copy_lacks_a_file_refuses_to_count(folder: Path, tmp_path: Path) -> None:
    facts = json.loads((folder / "table.json").read_text())
    facts["files"].pop()
    (folder / "table.json").write_text(json.dumps(facts))
    with pytest.raises(StepError) as caught:
        executed(str(folder), str(tmp_path / "here"))
    assert "the copy of the table is not what was read" in str(caught.value)
