"""What a document answers: the target, and the output fields, called as the SavedModel's answers.

A column of the table may have such a name; then the output field has another one, and its
`displayName` is that of the answer.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tfx_pipeline.export.pmml.writing.xml import element
from tfx_pipeline.modules.description.model_description import Answer, ModelDescription


@dataclass(frozen=True)
class AnswerNames:
    """Names of fields.

    Attributes:
        target: what is predicted.
        outputs: by the answer's name: `probability`, `class`, `value`, or `probabilities[<class>]`.
    """

    target: str
    outputs: Mapping[str, str]

    @classmethod
    def of(cls, description: ModelDescription) -> AnswerNames:
        """Choose names that no column has."""
        used = {column.name for column in description.columns}

        def free(hint: str) -> str:
            hints = itertools.chain([hint], (f"{hint} {count}" for count in itertools.count(2)))
            name = next(each for each in hints if each not in used)
            used.add(name)
            return name

        answers = list(_answers(description.answer))
        return cls(free("target"), {answer: free(answer) for answer in answers})

    @property
    def all(self) -> list[str]:
        """All of them."""
        return [self.target, *self.outputs.values()]


def _answers(answer: Answer) -> Iterator[str]:
    if answer.task == "regression":
        yield "value"
    elif answer.task == "binary":
        yield "probability"
        if answer.threshold is not None:
            yield "class"
    else:
        yield from (f"probabilities[{each}]" for each in answer.classes)
        yield "class"


def output(answer: Answer, names: AnswerNames) -> str:
    """Write the output fields. What the model answers as float32 is rounded to it."""
    return element("Output", *(_field(answer, names, each) for each in names.outputs))


def _field(answer: Answer, names: AnswerNames, said: str) -> str:
    name = names.outputs[said]
    shown = said if name != said else None
    if said == "class":
        chosen, feature = "", "predictedValue"
        if answer.task == "binary":
            feature = "transformedValue"
            threshold = repr(float(np.float32(answer.threshold or 0.0)))
            low = element("Interval", closure="openClosed", rightMargin=threshold)
            high = element("Interval", closure="openOpen", leftMargin=threshold)
            chosen = element(
                "Discretize",
                *(
                    element("DiscretizeBin", interval, binValue=name)
                    for interval, name in zip((low, high), answer.classes, strict=True)
                ),
                field=names.outputs["probability"],
                dataType="string",
            )
        return element(
            "OutputField",
            chosen,
            name=name,
            displayName=shown,
            optype="categorical",
            dataType="string",
            feature=feature,
        )
    of_class = None
    if answer.task == "binary":
        of_class = answer.classes[1]
    elif answer.task == "multiclass":
        of_class = said.removeprefix("probabilities[").removesuffix("]")
    return element(
        "OutputField",
        name=name,
        displayName=shown,
        optype="continuous",
        dataType="float",
        feature="predictedValue" if of_class is None else "probability",
        value=of_class,
    )
