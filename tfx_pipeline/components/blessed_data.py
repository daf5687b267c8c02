"""Which data those of a run are compared with."""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.common import resolver
from tfx.orchestration import metadata

from tfx_pipeline.components.artifacts import (
    BLESSED,
    EXAMPLES_FINGERPRINT,
    EXAMPLES_ID,
    INPUT_FINGERPRINT,
)


class LatestOtherBlessedDataStrategy(resolver.ResolverStrategy):
    """Resolves the latest blessing of data that are not those of this run.

    TFX's `LatestArtifactStrategy` would compare data with themselves as soon as they are blessed,
    and DataGate would run again in every run, since its input would be new.

    Inputs: `reference` (all blessings of this pipeline's data), `examples` (of this run).
    """

    def resolve_artifacts(
        self, store: metadata.Metadata, input_dict: dict[str, list[types.Artifact]]
    ) -> dict[str, list[types.Artifact]]:
        """Give the blessing; an empty list when there is none yet."""
        own_ids = {each.id for each in input_dict["examples"]}
        own = {_made_from(each) for each in input_dict["examples"]}
        others = [
            each
            for each in input_dict["reference"]
            if each.get_int_custom_property(BLESSED) == 1
            and each.get_int_custom_property(EXAMPLES_ID) not in own_ids
            and each.get_string_custom_property(EXAMPLES_FINGERPRINT) not in own - {""}
        ]
        latest = sorted(others, key=lambda each: each.id)[-1:]
        return {"reference": latest, "examples": input_dict["examples"]}


def _made_from(examples: types.Artifact) -> str:
    return examples.get_string_custom_property(INPUT_FINGERPRINT)
