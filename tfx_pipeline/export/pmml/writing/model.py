"""The model of a document: what makes logits, then the answer.

Before the model that answers stand, in a chain, the sums of trees, if there are trees.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfx_pipeline.export.pmml.writing.answering import NETWORKS, AnswerWriter, answer_writer
from tfx_pipeline.export.pmml.writing.answers import AnswerNames, output
from tfx_pipeline.export.pmml.writing.fields import Fields
from tfx_pipeline.export.pmml.writing.trees import TreeWriter
from tfx_pipeline.export.pmml.writing.xml import element, mining_schema
from tfx_pipeline.modules.description.heads import BlendHead, Head, TreesHead
from tfx_pipeline.modules.description.model_description import ModelDescription

HEADS: tuple[type[Head], ...] = (*NETWORKS, TreesHead, BlendHead)
"""Those that can be written."""


def model(
    fields: Fields, description: ModelDescription, names: AnswerNames, verification: str
) -> Iterator[str]:
    """Write the model, in parts; `fields` gets what it reads of derived fields."""
    answer = description.answer
    columns = [column.name for column in description.columns]
    outside = mining_schema(columns, names.target) + output(answer, names)
    members = list(_members(description.head))
    trees = [(weight, head) for weight, head in members if isinstance(head, TreesHead)]
    others = [(weight, head) for weight, head in members if not isinstance(head, TreesHead)]
    if not trees:
        last = answer_writer(fields, answer, names.target, others, [])
        yield from last.written(outside, verification)
        return
    function = "regression" if answer.task == "regression" else "classification"
    yield f'<MiningModel functionName="{function}">{outside}\n'
    yield '<Segmentation multipleModelMethod="modelChain">\n'
    logits: list[tuple[float, list[str]]] = []
    for place, (weight, head) in enumerate(trees, 1):
        logits.append((weight, _logit_names(fields, head, place)))
        yield from _sums(fields, head, logits[-1][1])
    last = answer_writer(fields, answer, names.target, others, logits)
    yield '<Segment id="answer"><True/>'
    yield from last.written(_inner_schema(fields, last, names), "")
    yield f"</Segment>\n</Segmentation>\n{verification}</MiningModel>\n"


def _members(head: Head, weight: float = 1.0) -> Iterator[tuple[float, Head]]:
    """Give the heads of a blend, however deep in it, or a head alone, with their weights."""
    if not isinstance(head, BlendHead):
        yield weight, head
        return
    for member, share in zip(head.members, head.weights, strict=True):
        yield from _members(member, weight * share)


def _inner_schema(fields: Fields, last: AnswerWriter, names: AnswerNames) -> str:
    return mining_schema(fields.cells(*last.fields), names.target)


def _logit_names(fields: Fields, head: TreesHead, place: int) -> list[str]:
    hint = f"logit of trees {place}"
    numbers = [""] if head.outputs == 1 else [f", {output_}" for output_ in range(head.outputs)]
    return [fields.free(hint + number) for number in numbers]


def _sums(fields: Fields, head: TreesHead, names: list[str]) -> Iterator[str]:
    """Write a sum of trees for each output."""
    writer = TreeWriter(fields, head)
    count = len(head.trees) // head.outputs
    for place, name in enumerate(names):
        read: dict[str, None] = {}
        trees = head.trees[place * count : (place + 1) * count]
        segments = [writer.segment(str(i), tree, read) for i, tree in enumerate(trees, 1)]
        logit = element(
            "OutputField",
            name=name,
            optype="continuous",
            dataType="double",
            feature="predictedValue",
            isFinalResult="false",
        )
        inner = element(
            "MiningModel",
            mining_schema(fields.cells(*read)),
            element("Output", logit),
            element("Segmentation", "\n", *segments, multipleModelMethod="sum"),
            functionName="regression",
        )
        yield element("Segment", "<True/>", inner, id=name) + "\n"
