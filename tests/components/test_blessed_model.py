"""Which model is the baseline: blessed, not the candidate, and not one that cannot be served."""

from __future__ import annotations

import pytest

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
