"""How many models the same eval rows have judged, counted in a real SQLite file."""

from __future__ import annotations

from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2 as pb

from tests.runners.metadata.executions import Executions
from tfx_pipeline.runners.metadata.eval_reuse import reuse_note
from tfx_pipeline.runners.metadata.step_records import StepRecords


class Blessings(Executions):
    """Writes blessings as the Evaluator does."""

    def bless(self, model: int, eval_rows: str | None, *, deleted: bool = False) -> None:
        kind = self.mlmd.put_artifact_type(pb.ArtifactType(name="ModelBlessing"))
        state = pb.Artifact.DELETED if deleted else pb.Artifact.LIVE
        blessing = pb.Artifact(type_id=kind, state=state)
        blessing.custom_properties["current_model_id"].int_value = model
        if eval_rows is not None:
            blessing.custom_properties["eval_rows"].string_value = eval_rows
        self.mlmd.put_artifacts([blessing])

    @property
    def records(self) -> StepRecords:
        return StepRecords(self.mlmd, "trips", self.folder)


def test_judged_models_counts_each_model_once_and_other_rows_not(tmp_path: Path) -> None:
    blessings = Blessings(tmp_path)
    assert blessings.records.judged_models("a") == 0  # nothing was ever judged
    for model in (1, 2, 2, 3):  # of 2, the thresholds were changed
        blessings.bless(model, "a")
    blessings.bless(4, "b")
    blessings.bless(5, None)  # of another step, or an older version
    blessings.bless(6, "a", deleted=True)  # it has judged all the same
    assert blessings.records.judged_models("a") == 4
    assert blessings.records.judged_models("b") == 1
    assert blessings.records.judged_models("c") == 0


@pytest.mark.parametrize(("models", "errors"), [(20, "2.4"), (100, "3.0")])
def test_reuse_note_from_twenty_models_on_says_by_how_much(models: int, errors: str) -> None:
    note = reuse_note(models, 3210)
    assert note is not None
    assert f"the same 3,210 eval rows have judged {models} models" in note
    assert f"{errors} standard errors" in note and "data.split.seed" in note


def test_reuse_note_of_fewer_is_none() -> None:
    assert reuse_note(19, 100) is None
