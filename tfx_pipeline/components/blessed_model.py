"""Which model a candidate is compared with."""

from __future__ import annotations

from collections.abc import Iterator

from tfx import types
from tfx.dsl.components.common import resolver
from tfx.orchestration import metadata

from tfx_pipeline.components.artifacts import BLESSED, CURRENT_MODEL_ID, WITHDRAWN


class LatestOtherBlessedModelStrategy(resolver.ResolverStrategy):
    """Resolves the latest blessed model that is not the candidate and that can be served.

    TFX's own `LatestBlessedModelStrategy` would give a cached candidate itself as its baseline
    once it is blessed: it would be evaluated again, against itself, and pushed a second time.

    Inputs: `model`, `model_blessing`, `infra_blessing`, `risk` and `exported` (all of this
    pipeline), `candidate` (of this run). A model may have several judgements of a kind, of
    runs with other settings: one that blesses it is enough, for it may serve since. A model that
    every infrastructure check, every risk check, or every export refused is none, and so is one
    that was withdrawn after its push; one that no such check ever saw may be.
    """

    def resolve_artifacts(
        self, store: metadata.Metadata, input_dict: dict[str, list[types.Artifact]]
    ) -> dict[str, list[types.Artifact]]:
        """Give the baseline and its blessing; empty lists when there is none yet."""
        candidates = {artifact.id for artifact in input_dict["candidate"]}
        blessings = dict(_blessed(input_dict["model_blessing"]))
        others = ("infra_blessing", "risk", "exported")
        judged = [input_dict.get(name, []) for name in others]
        blessed = [
            model
            for model in input_dict["model"]
            if model.id in blessings
            and model.id not in candidates
            and not any(_is_refused(model.id, judgements) for judgements in judged)
            and model.get_int_custom_property(WITHDRAWN) != 1
        ]
        result = {name: [] for name in input_dict} | {"candidate": input_dict["candidate"]}
        if blessed:
            latest = max(blessed, key=lambda model: model.id)
            result.update(model=[latest], model_blessing=[blessings[latest.id]])
        return result


def _is_refused(model_id: int, judgements: list[types.Artifact]) -> bool:
    """Say whether a model was judged, and blessed by none of these."""
    of_model = [each for each in judgements if _model_id(each) == model_id]
    return bool(of_model) and not dict(_blessed(of_model))


def _blessed(blessings: list[types.Artifact]) -> Iterator[tuple[int, types.Artifact]]:
    """Give model's id and blessing where it blesses, the latest of a model last."""
    for blessing in sorted(blessings, key=lambda blessing: blessing.id):
        if blessing.get_int_custom_property(BLESSED) == 1:
            yield _model_id(blessing), blessing


def _model_id(blessing: types.Artifact) -> int:
    return int(blessing.get_int_custom_property(CURRENT_MODEL_ID))
