"""Name the feature by which a server and the training differ.

A wrong answer names no feature. Three questions to the server tell them apart, the first that
finds a difference answers:

1. Does the server transform the row as the training did? `transform_features`, asked with the very
   tf.Example that the model was evaluated on, gives the transformed features, which the model
   carries as they were at training time (see `modules.smoke_rows`).
2. Do an instance and the tf.Example of the same row give the same answer? If not, the feature with
   which both routes differ, and without which they agree, is read in two ways.
3. Else every feature is as in training: what comes after them, the network, is not.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from typing import Any

from tfx_pipeline.deployment.client import Client
from tfx_pipeline.modules.model.signature_names import SERVING_EXAMPLES, TRANSFORM_FEATURES
from tfx_pipeline.modules.smoke_rows import TOLERANCE, Mismatch, SmokeRows, difference, shown
from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.serving.types import DEFAULT_SIGNATURE, ModelSpec, Signature


def differing_feature(
    mismatch: Mismatch, rows: SmokeRows, examples: Sequence[bytes], client: Client, model: str
) -> str:
    """Say which feature of a row differs first, and how.

    `examples` are the same rows as serialized tf.Examples, perhaps fewer; `client` must be able to
    send bytes; `model` is the model's name there.
    """
    first = "first differing feature"
    if change := rows.change(mismatch.row):
        return f"{first} {change}, which the signature does not read as training reads a tf.Example"
    if mismatch.row >= len(examples):
        return "the rows are not those of the eval split, so no feature can be named"
    row = _Row(mismatch, rows.instances[mismatch.row], examples[mismatch.row], client, model)
    # A model of someone else's run_fn may lack these signatures, or take no missing values.
    with contextlib.suppress(ServingError, KeyError, ValueError, TypeError):
        if rows.transformed:
            transformed = row.answer(TRANSFORM_FEATURES)
            for name, then in sorted(rows.transformed[mismatch.row].items()):
                now = transformed[name]
                if not difference(then, now) <= TOLERANCE:
                    values = f"to {shown(now)} here and to {shown(then)} in training"
                    return f"{first} `{name}`, transformed {values}"
        for name in row.read_in_two_ways():
            sent = f"{rows.instances[mismatch.row][name]!r} in an instance"
            return f"{first} `{name}`: {sent} and the same value in a tf.Example are not read alike"
        return "every feature is transformed as in training, so the network itself differs"
    return "the model cannot be asked for single features"


def differing_input(rows: SmokeRows, signature: Signature) -> str | None:
    """Name the first feature that is sent and not an input, or the other way round."""
    sent = rows.instances[0].keys()
    for name in sorted(sent ^ signature.inputs.keys()):
        if name in sent:
            return f"first differing feature `{name}`, which the model has no input for"
        return f"first differing feature `{name}`, an input that the rows do not give"
    return None


class _Row:
    """One row, asked as an instance and as a tf.Example."""

    def __init__(
        self, mismatch: Mismatch, instance: Any, example: bytes, client: Client, model: str
    ) -> None:
        self._output, self._instance, self._example = mismatch.output, instance, example
        self._client, self._model = client, model
        self._signatures = client.metadata(ModelSpec(model)).signatures

    def answer(self, signature_name: str, row: Any = None) -> dict[str, Any]:
        """Ask a signature; without a row, with the whole tf.Example."""
        signature = self._signatures[signature_name]
        if row is None:
            row = dict.fromkeys(signature.inputs, self._example)
        spec = ModelSpec(self._model, signature_name=signature_name)
        return self._client.predict(spec, signature, [row])[0]

    def read_in_two_ways(self) -> Iterator[str]:
        """Give the features without which an instance and a tf.Example are answered alike."""
        if self._routes_agree(None):
            return
        for name in self._instance:
            if self._routes_agree(name):
                yield name

    def _routes_agree(self, left_out: str | None) -> bool:
        import tensorflow as tf

        example = tf.train.Example.FromString(self._example)
        instance = dict(self._instance)
        if left_out is not None:
            instance[left_out] = "" if isinstance(instance[left_out], str) else math.nan
            example.features.feature.pop(left_out, None)
        (alias,) = self._signatures[SERVING_EXAMPLES].inputs
        by_instance = self.answer(DEFAULT_SIGNATURE, instance)[self._output]
        serialized = {alias: example.SerializeToString()}
        by_example = self.answer(SERVING_EXAMPLES, serialized)[self._output]
        return difference(by_example, by_instance) <= TOLERANCE
