"""Which model is the baseline: blessed, not the candidate, and not one that cannot be served."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ml_metadata.proto import metadata_store_pb2

from tfx_pipeline.components.artifacts import EXPORTED_MODEL, MODEL_RISK
from tfx_pipeline.runners.metadata.step_records import StepRecords

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("served", "baseline"),
    [({}, 3), ({3: 1, 2: 1}, 3), ({3: 0, 2: 1}, 2), ({3: 0}, 2), ({3: 0, 2: 0}, None)],
)
def test_resolve_artifacts_passes_over_what_a_server_refused(
    served: dict[int, int], baseline: int | None
) -> None:
    from tfx.types import standard_artifacts

    from tfx_pipeline.components.blessed_model import LatestOtherBlessedModelStrategy

    def blessing(kind, model_id, blessed):
        artifact = kind()
        artifact.set_int_custom_property("current_model_id", model_id)
        artifact.set_int_custom_property("blessed", blessed)
        return artifact

    models = []
    for number in (1, 2, 3, 4):
        models.append(standard_artifacts.Model())
        models[-1].id = number
    evaluated = {1: 0, 2: 1, 3: 1, 4: 1}
    inputs = {
        "model": models,
        "candidate": models[3:],
        "model_blessing": [
            blessing(standard_artifacts.ModelBlessing, *x) for x in evaluated.items()
        ],
        "infra_blessing": [blessing(standard_artifacts.InfraBlessing, *x) for x in served.items()],
    }
    found = LatestOtherBlessedModelStrategy().resolve_artifacts(None, inputs)
    assert [model.id for model in found["model"]] == ([baseline] if baseline else [])
    assert len(found["model_blessing"]) == len(found["model"])


class Recorded:
    """Models and blessings in a real SQLite store, as TFX writes and reads them."""

    def __init__(self, folder: Path) -> None:
        from tfx.orchestration import metadata

        config = metadata.sqlite_metadata_connection_config(str(folder / "metadata.db"))
        self.handle = metadata.Metadata(config)
        self.handle.__enter__()
        self.folder = folder

    def add(self, kind: str, **properties: int) -> int:
        from tfx.types import standard_artifacts

        from tfx_pipeline.components.exported_model import ExportedModel
        from tfx_pipeline.components.model_risk import ModelRisk

        own = {MODEL_RISK: ModelRisk, EXPORTED_MODEL: ExportedModel}
        artifact = own[kind]() if kind in own else getattr(standard_artifacts, kind)()
        for name, value in properties.items():
            artifact.set_int_custom_property(name, value)
        artifact.uri = str(self.folder)
        type_id = self.handle.store.put_artifact_type(artifact.artifact_type, can_add_fields=True)
        artifact.mlmd_artifact.type_id = type_id
        artifact.mlmd_artifact.state = metadata_store_pb2.Artifact.LIVE
        return int(self.handle.store.put_artifacts([artifact.mlmd_artifact])[0])

    def model(self) -> int:
        return self.add("Model")

    def blessing(self, kind: str, model: int, blessed: bool) -> int:
        return self.add(kind, current_model_id=model, blessed=int(blessed))

    def of(self, kind: str) -> list[Any]:
        from tfx.types import artifact_utils

        store = self.handle.store
        if kind not in {each.name for each in store.get_artifact_types()}:
            return []
        artifact_type = store.get_artifact_type(kind)
        found = store.get_artifacts_by_type(kind)
        return [artifact_utils.deserialize_artifact(artifact_type, each) for each in found]

    def baseline(self) -> int | None:
        """Resolve for a new candidate."""
        from tfx_pipeline.components.blessed_model import LatestOtherBlessedModelStrategy

        candidate = self.model()
        inputs = {
            "model": self.of("Model"),
            "candidate": [model for model in self.of("Model") if model.id == candidate],
            "model_blessing": self.of("ModelBlessing"),
            "infra_blessing": self.of("InfraBlessing"),
            "risk": self.of(MODEL_RISK),
            "exported": self.of(EXPORTED_MODEL),
        }
        found = LatestOtherBlessedModelStrategy().resolve_artifacts(self.handle, inputs)
        assert len(found["model_blessing"]) == len(found["model"])
        return found["model"][0].id if found["model"] else None

    def withdraw(self, model: int, withdrawn: bool = True) -> None:
        store = StepRecords(self.handle.store, "trips", self.folder)
        store.mark_withdrawn(model, withdrawn=withdrawn)


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[Recorded]:
    recorded = Recorded(tmp_path)
    yield recorded
    recorded.handle.__exit__(None, None, None)


@pytest.mark.parametrize(
    ("evaluated", "served", "is_baseline"),
    [
        ([True], [], True),
        ([True], [True], True),
        ([True], [False], False),
        ([True], [False, True], True),  # refused first, then with other settings not
        ([True], [True, False], True),  # it may serve since its first check
        ([True, True], [False, True], True),
        ([True], [False, False, True], True),
        ([False, True], [True], True),
        ([True, False], [True], True),
        ([False], [True], False),
        ([False, False], [True, True], False),
        ([], [True], False),
    ],
)
def test_resolve_artifacts_with_several_blessings_takes_a_model_that_one_of_each_blessed(
    recorded: Recorded, evaluated: list[bool], served: list[bool], is_baseline: bool
) -> None:
    older = recorded.model()
    recorded.blessing("ModelBlessing", older, True)
    model = recorded.model()
    for blessed in evaluated:
        recorded.blessing("ModelBlessing", model, blessed)
    for blessed in served:
        recorded.blessing("InfraBlessing", model, blessed)
    assert recorded.baseline() == (model if is_baseline else older)


def test_resolve_artifacts_passes_over_a_withdrawn_model_until_it_stands(
    recorded: Recorded,
) -> None:
    older, model = recorded.model(), recorded.model()
    for each in (older, model):
        recorded.blessing("ModelBlessing", each, True)
        recorded.blessing("InfraBlessing", each, True)
    assert recorded.baseline() == model
    recorded.withdraw(model)
    assert recorded.baseline() == older
    recorded.withdraw(older)
    assert recorded.baseline() is None
    recorded.withdraw(model, withdrawn=False)
    assert recorded.baseline() == model


def test_resolve_artifacts_passes_over_a_model_that_no_export_is_equal_to(
    recorded: Recorded,
) -> None:
    older, model = recorded.model(), recorded.model()
    for each in (older, model):
        recorded.blessing("ModelBlessing", each, True)
    recorded.blessing(EXPORTED_MODEL, older, True)
    recorded.blessing(EXPORTED_MODEL, model, False)
    assert recorded.baseline() == older
    recorded.blessing(EXPORTED_MODEL, model, True)  # with other formats
    assert recorded.baseline() == model


def test_mark_withdrawn_of_a_model_that_stands_writes_nothing(recorded: Recorded) -> None:
    model = recorded.model()
    (before,) = recorded.of("Model")
    recorded.withdraw(model, withdrawn=False)
    (after,) = recorded.of("Model")
    # Of what an artifact is, all is part of the cache's key.
    assert after.mlmd_artifact == before.mlmd_artifact


@pytest.mark.parametrize(
    ("examined", "is_baseline"),
    [
        ([], True),  # nobody looked, as before there were risk checks
        ([True], True),
        ([False], False),
        ([False, True], True),  # somebody took the risk since
        ([True, False], True),  # it may serve since its first judgement
        ([False, False], False),
    ],
)
def test_resolve_artifacts_passes_over_what_the_risk_checks_refused(
    recorded: Recorded, examined: list[bool], is_baseline: bool
) -> None:
    older = recorded.model()
    recorded.blessing("ModelBlessing", older, True)
    model = recorded.model()
    recorded.blessing("ModelBlessing", model, True)  # the Evaluator's
    for blessed in examined:
        recorded.blessing(MODEL_RISK, model, blessed)
        recorded.blessing("ModelBlessing", model, blessed)  # of the same judgement
    assert recorded.baseline() == (model if is_baseline else older)
