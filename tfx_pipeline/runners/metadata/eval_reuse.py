"""How often the same eval rows have judged, by ML Metadata: who chooses by them learns them.

Of k models that are alike, the one that looks best on a split is expected to look better than it is
by up to sqrt(2 ln k) standard errors of the metric: 2.4 of them at 20 models, so more than what the
half of a 95 % interval allows for. That is the largest bias that looking k times can make (choosing
by each look what to try next); the interval itself knows only of one look.

Sources: A. Blum and M. Hardt, The Ladder: a reliable leaderboard for machine learning competitions,
ICML 2015; C. Dwork et al., The reusable holdout, Science 349 (2015) 636-638; the expected maximum
of k normal deviates: S. Boucheron, G. Lugosi and P. Massart, Concentration Inequalities, 2013, 2.5.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from ml_metadata.proto.metadata_store_pb2 import Artifact

from tfx_pipeline.components.artifacts import CURRENT_MODEL_ID, EVAL_ROWS

MOST_MODELS = 20
"""From so many on, it is said."""


def judged_models(blessings: Iterable[Artifact], eval_rows: str) -> int:
    """Count the different models that the Evaluator judged by the rows with this digest."""
    judged = set()
    for blessing in blessings:
        properties = blessing.custom_properties
        if EVAL_ROWS in properties and properties[EVAL_ROWS].string_value == eval_rows:
            judged.add(properties[CURRENT_MODEL_ID].int_value)
    return len(judged)


def reuse_note(models: int, rows: int) -> str | None:
    """Warn that these rows have judged many models; None: not so many."""
    if models < MOST_MODELS:
        return None
    errors = math.sqrt(2 * math.log(models))
    return (
        f"the same {rows:,} eval rows have judged {models} models: the best of so many looks better"
        f" than it is, by up to {errors:.1f} standard errors of the metric, which its interval does"
        " not know; divide anew (data.split.seed), or look at rows that have judged nothing"
        " (data.split.test)"
    )
