"""From logits to answers."""

from __future__ import annotations

import numpy as np

from tfx_pipeline.export.tflite.graph import ROWS, STRING, Tensor
from tfx_pipeline.export.tflite.writer import Writer
from tfx_pipeline.modules.description.model_description import Answer

_INT32 = 2  # of the schema's TensorType


def write_answers(writer: Writer, logits: Tensor, answer: Answer) -> None:
    """Add the outputs; see `Answer`. Classes are texts, as in the SavedModel."""
    if answer.task == "multiclass":
        probabilities = writer.one("SOFTMAX", logits, "SoftmaxOptions", beta=1.0)
        writer.outputs["probabilities"] = probabilities
        axis = writer.constant(np.array(1), np.int32)
        likeliest = writer.add(
            "ARG_MAX", [logits, axis], "int32", (ROWS,), "ArgMaxOptions", outputType=_INT32
        )
        writer.outputs["class"] = _named(writer, likeliest, answer)
        return
    logit = writer.reshape(logits, (ROWS,))
    if answer.task == "regression":
        spread = writer.two("MUL", logit, np.array(answer.deviation))
        writer.outputs["value"] = writer.two("ADD", spread, np.array(answer.mean))
        return
    probability = writer.one("LOGISTIC", logit)
    writer.outputs["probability"] = probability
    if answer.threshold is not None:
        is_second = writer.two("GREATER", probability, np.array(answer.threshold))
        writer.outputs["class"] = _named(writer, writer.cast(is_second, "int32"), answer)


def _named(writer: Writer, classes: Tensor, answer: Answer) -> Tensor:
    return writer.gathered(writer.constant(list(answer.classes), STRING), classes)
