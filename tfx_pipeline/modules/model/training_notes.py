"""Features that tell the model nothing: the same in all training rows, or so in float32.

They are looked for in the transformed rows, where every cause ends: a constant column, a scale
that does not fit, categories that are all too rare.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.modules.features.columns import RawColumns
from tfx_pipeline.modules.features.kinds import transformed_names
from tfx_pipeline.modules.features.parsing import parse_rows
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.note_file import Note
from tfx_pipeline.modules.model.transform_graph import TransformGraph
from tfx_pipeline.modules.model.transformed_rows import TransformedRows, serialized_rows

_BATCH = 4096
_MOST_TEXTS = 3
_MOST_WAIT = 0.05
# float32 is too coarse where its steps are a larger share of the standard deviation.
_COARSE = 0.01


class _Seen(NamedTuple):
    """What the training rows hold in a column: numbers from `low` to `high`, or some `texts`."""

    missing: int
    low: float
    high: float
    texts: Sequence[str]


def too_coarse(values: NDArray[np.float32]) -> float:
    """Give the step of float32 at the largest value, where it hides how values differ; else 0."""
    step = float(np.spacing(np.abs(values).max(initial=0).astype(np.float32)))
    return step if step > _COARSE * values.std(dtype=np.float64) else 0.0


def training_notes(
    rows: TransformedRows,
    inputs: ModelInputs,
    config: Mapping[str, Any],
    read_column: Callable[[str], _Seen],
) -> Iterator[Note]:
    """Name each feature that is the same in all training rows, or too coarse in float32.

    `config` has the sections `features` and `lookups`; for `read_column` see `column_reader`.
    """
    flat, coarse = _findings(rows, inputs)
    for name, feature in config["features"].items():
        keys = ("features", name)
        transformed = [x for x in transformed_names(name, feature) if x in flat]
        if transformed:
            seen = read_column(name)
            yield Note(f"feature `{name}` {_why_flat(feature, seen, transformed)}", keys)
        elif (step := coarse.get(f"{name}_scaled")) and "scale" in feature:
            yield Note(
                f"feature `{name}` is kept by float32 in steps of {step:g} only: choose the scale"
                f" zscore, which is computed in float64 (received {feature['scale']})",
                keys,
            )
    for name, lookup in config["lookups"].items():
        if f"{name}_average" in flat:
            yield Note(
                f"lookup `{name}` is the same in all {len(rows.label):,} training rows: no"
                f" `{lookup['key']}` is shared by rows enough to be averaged over, or all averages"
                f" of `{lookup['value']}` are equal; the model learns nothing from it",
                ("lookups", name),
            )


def streaming_note(reason: str, input_wait: float) -> Note:
    """Say that rows came from files, why, and what that cost: `input_wait` is a share."""
    text = f"the training rows were read from files while training, for {reason}"
    text += f"; training waited for them {input_wait:.1%} of its time"
    if input_wait > _MOST_WAIT:
        text += ": more memory, a faster disk or a larger `model.batch_size` would help"
    return Note(text, ("data", "in_memory"))


def column_reader(patterns: Sequence[str], graph: TransformGraph) -> Callable[[str], _Seen]:
    """Make what reads a raw column of the training rows; each call reads all of them."""

    def read(name: str) -> _Seen:
        spec = {name: graph.raw_spec[name]}
        missing, low, high = 0, np.inf, -np.inf
        texts: set[str] = set()
        for batch in serialized_rows(patterns).batch(_BATCH):
            columns = RawColumns(parse_rows(batch, spec))
            found = columns.texts(name).numpy()[:, 0]
            missing += int((found == b"").sum())
            if len(texts) <= _MOST_TEXTS:
                texts |= {x.decode(errors="replace") for x in set(found.tolist()) - {b""}}
            if spec[name].dtype != tf.string:
                numbers = columns.numbers(name).numpy()
                low = min(low, np.nanmin(numbers, initial=np.inf))
                high = max(high, np.nanmax(numbers, initial=-np.inf))
        return _Seen(missing, low, high, sorted(texts))

    return read


def _findings(rows: TransformedRows, inputs: ModelInputs) -> tuple[set[str], dict[str, float]]:
    """Find the columns that are the same in all rows, and those too coarse, with their step."""
    flat: set[str] = set()
    coarse: dict[str, float] = {}
    varies = rows.varying_numbers()
    for name, width in inputs.widths.items():
        place = inputs.place(name)
        if varies is None or not varies[place : place + width].any():
            flat.add(name)
        elif width == 1 and (step := too_coarse(rows.inputs["numbers"][:, place])):
            coarse[name] = step
    for place, name in enumerate(inputs.sizes):
        ids = rows.inputs["ids"][:, place]
        if (ids == ids[0]).all():
            flat.add(name)
    return flat, coarse


def _why_flat(feature: Mapping[str, Any], seen: _Seen, transformed: Sequence[str]) -> str:
    """Say what a feature holds that is the same in all training rows once it is transformed."""
    nothing = "the model learns nothing from it"
    if not seen.texts:
        return f"has no value in any training row: {nothing}"
    if len(seen.texts) == 1:
        missing = f" that has a value ({seen.missing:,} have none)" if seen.missing else ""
        return f"is {seen.texts[0]} in every training row{missing}: {nothing}"
    if seen.low < seen.high:
        what = f"runs from {seen.low + 0.0:.17g} to {seen.high + 0.0:.17g}"  # and not to -0
    else:
        what = f"holds {', '.join(seen.texts[:_MOST_TEXTS])} and perhaps others"
    if transformed[0].endswith("_target"):
        nothing = f"no two of its categories have rows enough, and labels that differ; {nothing}"
    how = f" with scale {feature['scale']}" if "scale" in feature else ""
    parts = ", ".join(f"`{name}`" for name in transformed)
    return f"{what}, and is the same in every training row as {parts}{how}: {nothing}"
