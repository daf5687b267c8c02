"""One trial: a model fitted in a process of its own, and its loss on held-out rows.

Nothing heavy is imported before a trial begins: then the process has said how many threads it may
have.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tfx_pipeline.modules.learners.learner import LearningRows
    from tfx_pipeline.modules.model.model_inputs import ModelInputs
    from tfx_pipeline.modules.model.transformed_rows import TransformedRows

_FEW_ROWS = 3000  # one held-out share of fewer says little: five of them are averaged
_FOLDS = 5
_SHARE = 0.2
_THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


@dataclass(frozen=True)
class TrialData:
    """What all trials of a search have in common, kept in a folder for other processes.

    Attributes:
        folder: of the rows, an array a file.
        widths, sizes: of `ModelInputs`.
        label: the section of the configuration.
        model: the section of the configuration, `seed` included.
        inputs: names of what the model reads.
        others: names of what else is known of the rows, see `TransformedRows`.
    """

    folder: str
    widths: Mapping[str, int]
    sizes: Mapping[str, int]
    label: Mapping[str, Any]
    model: Mapping[str, Any]
    inputs: Sequence[str]
    others: Sequence[str]

    @classmethod
    def write(
        cls,
        folder: str,
        rows: TransformedRows,
        inputs: ModelInputs,
        label: Mapping[str, Any],
        model: Mapping[str, Any],
    ) -> TrialData:
        """Write the rows into a folder."""
        import numpy as np

        known = rows._asdict()
        others = [name for name, x in known.items() if name != "inputs" and x is not None]
        for name, array in {**rows.inputs, **{name: known[name] for name in others}}.items():
            np.save(Path(folder, f"{name}.npy"), array)
        return cls(folder, inputs.widths, inputs.sizes, label, model, [*rows.inputs], others)

    def rows(self) -> TransformedRows:
        """Read the rows."""
        import numpy as np

        from tfx_pipeline.modules.model.transformed_rows import TransformedRows

        read = {x: np.load(Path(self.folder, f"{x}.npy")) for x in (*self.inputs, *self.others)}
        inputs = {name: read.pop(name) for name in self.inputs}
        return TransformedRows(inputs, **read)


def use_threads(count: int) -> None:
    """Say how many threads the libraries of this process may use; before any is imported."""
    os.environ.update(dict.fromkeys(_THREADS, str(count)))
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"


def run_trial(data: TrialData, family: str, setting: Mapping[str, Any]) -> float:
    """Fit a model, and give the mean loss of held-out rows: of five folds, where rows are few.

    Raises:
        FloatingPointError: the loss became NaN or infinite.
    """
    import keras
    import numpy as np

    from tfx_pipeline.modules.learners.families import learner_of, unrefitted
    from tfx_pipeline.modules.model.model_inputs import ModelInputs
    from tfx_pipeline.modules.model.tasks import learn_task
    from tfx_pipeline.modules.trials.space import with_setting

    rows = data.rows()
    inputs = ModelInputs(data.widths, data.sizes)
    task = learn_task(data.label, rows.label)
    encoded = task.encoded_labels(rows.label)
    model = unrefitted({**with_setting(data.model, setting), "family": family})
    learn = learner_of(family)
    losses = []
    for learning in _divisions(rows, model["seed"]):
        keras.utils.set_random_seed(model["seed"])
        with tempfile.TemporaryDirectory(prefix="tfx-trial-") as folder:
            scorer = learn(learning, inputs, task, model, folder).scorer
        logits = scorer.logits_of(rows.inputs, learning.held_out)
        each = np.asarray(task.loss(encoded[learning.held_out], logits))
        weights = np.ones(len(each)) if rows.weight is None else rows.weight[learning.held_out]
        losses.append(float(np.average(each, weights=weights if weights.any() else None)))
    return float(np.mean(losses))


def _divisions(rows: TransformedRows, seed: int) -> list[LearningRows]:
    """Divide the rows into fitted and held-out ones, once or five times."""
    from tfx_pipeline.modules.learners.division import make_folds
    from tfx_pipeline.modules.learners.learner import LearningRows

    whole = LearningRows.divided(rows, _SHARE, seed)
    folds = () if len(rows.label) >= _FEW_ROWS else make_folds(rows, _FOLDS, whole.random)
    divided = [whole.redivided(each) for each in folds] or [whole]
    if not len(divided[0].held_out):
        raise ValueError("nothing can be held out to compare settings by: all rows are tied")
    return divided
