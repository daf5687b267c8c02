"""Which model a candidate is compared with."""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.common import resolver
from tfx.orchestration import metadata


class LatestOtherBlessedModelStrategy(resolver.ResolverStrategy):
    """Resolves the latest blessed model that is not the candidate and that can be served.

    TFX's own `LatestBlessedModelStrategy` would give a cached candidate itself as its baseline
    once it is blessed: it would be evaluated again, against itself, and pushed a second time.

    Inputs: `model`, `model_blessing` and `infra_blessing` (all of this pipeline), `candidate` (of
    this run). A model that the infrastructure check refused is none; one that it never saw may be.
    """

    def resolve_artifacts(
        self, store: metadata.Metadata, input_dict: dict[str, list[types.Artifact]]
    ) -> dict[str, list[types.Artifact]]:
        """Give the baseline and its blessing; empty lists when there is none yet."""
        candidates = {artifact.id for artifact in input_dict["candidate"]}
        blessings = {
            blessing.get_int_custom_property("current_model_id"): blessing
            for blessing in input_dict["model_blessing"]
            if blessing.get_int_custom_property("blessed") == 1
        }
        refused = {
            blessing.get_int_custom_property("current_model_id")
            for blessing in input_dict["infra_blessing"]
            if blessing.get_int_custom_property("blessed") != 1
        }
        blessed = [
            model
            for model in input_dict["model"]
            if model.id in blessings and model.id not in candidates | refused
        ]
        result = {name: [] for name in input_dict} | {"candidate": input_dict["candidate"]}
        if blessed:
            latest = max(blessed, key=lambda model: model.id)
            result.update(model=[latest], model_blessing=[blessings[latest.id]])
        return result
