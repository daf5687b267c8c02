"""A head cut down to one of its outputs, so that a regression shows that logit."""

from __future__ import annotations

from dataclasses import replace

from tfx_pipeline.modules.description.heads import (
    Array,
    BlendHead,
    Dense,
    Head,
    LinearHead,
    NetworkHead,
    TreesHead,
)


def outputs_of(head: Head) -> int:
    """Count the logits of a row."""
    if isinstance(head, BlendHead):
        return outputs_of(head.members[0])
    if isinstance(head, LinearHead):
        return len(head.intercept)
    return head.outputs if isinstance(head, TreesHead) else head.last.kernel.shape[-1]


def one_output(head: Head, output: int) -> Head:
    """Leave all outputs out but one."""
    if isinstance(head, BlendHead):
        return replace(head, members=tuple(one_output(x, output) for x in head.members))
    if isinstance(head, LinearHead):
        return replace(
            head,
            rises=_cut(head.rises, output),
            weights=_cut(head.weights, output),
            intercept=_cut(head.intercept, output),
        )
    if isinstance(head, TreesHead):
        each = len(head.trees) // head.outputs
        return replace(head, trees=head.trees[output * each : (output + 1) * each], outputs=1)
    last = Dense(_cut(head.last.kernel, output), _cut(head.last.bias, output))
    if not isinstance(head, NetworkHead):
        return replace(head, last=last)
    wide = head.wide_numbers
    return replace(
        head,
        last=last,
        wide_numbers=wide and Dense(_cut(wide.kernel, output), _cut(wide.bias, output)),
        wide_ids=None if head.wide_ids is None else _cut(head.wide_ids, output),
    )


def _cut(values: Array, output: int) -> Array:
    return values[..., output : output + 1]
