"""The model that adds up the logits of all members, and turns them into the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np

from tfx_pipeline.export.pmml.writing import networks
from tfx_pipeline.export.pmml.writing.expressions import ref
from tfx_pipeline.export.pmml.writing.fields import Fields
from tfx_pipeline.export.pmml.writing.linear import Regression
from tfx_pipeline.export.pmml.writing.neurons import Neurons
from tfx_pipeline.export.pmml.writing.xml import element
from tfx_pipeline.modules.description.heads import Head, LinearHead, MlpHead, NetworkHead
from tfx_pipeline.modules.description.model_description import Answer

Weighed: TypeAlias = Sequence[tuple[float, Any]]
"""Heads, or the fields of trees' logits, with the weight of each."""

NETWORKS: Mapping[type[Head], Callable[[Fields, Neurons, Any], list[str]]] = {
    LinearHead: networks.linear,
    MlpHead: networks.mlp,
    NetworkHead: networks.network,
}
"""By the type of a head, what adds it to a neural network."""


class AnswerWriter(Protocol):
    """Writes the model that answers."""

    @property
    def fields(self) -> Mapping[str, None]:
        """The fields that it reads."""

    def written(self, schema: str, verification: str) -> Iterator[str]:
        """Write it, with its mining schema and output, and an example."""


def answer_writer(
    fields: Fields, answer: Answer, target: str, heads: Weighed, trees: Weighed
) -> AnswerWriter:
    """Choose a neural network, where one of the heads is one; else a regression."""
    if any(not isinstance(head, LinearHead) for _, head in heads):
        return _Network(fields, answer, target, heads, trees)
    return _Regression(fields, answer, heads, trees)


class _Regression:
    """A `RegressionModel` of linear heads and of the logits of trees."""

    def __init__(self, fields: Fields, answer: Answer, heads: Weighed, trees: Weighed) -> None:
        self._answer = answer
        outputs = len(answer.classes) if answer.task == "multiclass" else 1
        scale = answer.deviation if answer.task == "regression" else 1.0
        self._regression = Regression(outputs)
        for weight, head in heads:
            self._regression.add_linear(fields, head, scale * weight)
        for weight, names in trees:
            for place, name in enumerate(names):
                self._regression.add_slope(name, scale * weight * np.eye(outputs)[place])
        if answer.task == "regression":
            self._regression.intercepts = self._regression.intercepts + answer.mean
        self.fields = self._regression.fields

    def written(self, schema: str, verification: str) -> Iterator[str]:
        """See `AnswerWriter`."""
        answer = self._answer
        order: dict[str | None, int | None] = {None: 0}
        function, method = "classification", None
        if answer.task == "binary":
            # What is left of 1 is the other's.
            order, method = {answer.classes[1]: 0, answer.classes[0]: None}, "logit"
        elif answer.task == "multiclass":
            order = {name: place for place, name in enumerate(answer.classes)}
            method = "softmax"
        else:
            function = "regression"
        tables = self._regression.tables(order)
        yield f'<RegressionModel functionName="{function}"'
        yield f' normalizationMethod="{method}">' if method else ">"
        yield from (schema, *tables, verification, "</RegressionModel>\n")


class _Network:
    """A `NeuralNetwork` of all heads that are not trees, and of the logits of those."""

    def __init__(
        self, fields: Fields, answer: Answer, target: str, heads: Weighed, trees: Weighed
    ) -> None:
        self._answer, self._target = answer, target
        self._neurons = neurons = Neurons(fields)
        scale = answer.deviation if answer.task == "regression" else 1.0
        members = [
            (NETWORKS[type(head)](fields, neurons, head), scale * weight) for weight, head in heads
        ]
        members += [
            ([neurons.input(name, ref(name)) for name in names], scale * weight)
            for weight, names in trees
        ]
        logits = list(zip(*(ids for ids, _ in members), strict=True))
        self._ids = self._answered(logits, [weight for _, weight in members])
        self.fields = neurons.fields

    def _answered(self, logits: Sequence[tuple[str, ...]], weights: Sequence[float]) -> list[str]:
        """Add the neurons that give the answer; return their ids, one a class or the only one."""
        links = [list(zip(ids, weights, strict=True)) for ids in logits]
        if self._answer.task == "regression":
            return self._neurons.layer("identity", [(self._answer.mean, links[0])])
        if self._answer.task == "binary":
            # Both by themselves: one evaluator's softmax overflows where logits are large.
            first = [(id_, -weight) for id_, weight in links[0]]
            return self._neurons.layer("logistic", [(0.0, first), (0.0, links[0])])
        sums = self._neurons.layer("identity", [(0.0, each) for each in links])
        return self._neurons.softmax(sums)

    def written(self, schema: str, verification: str) -> Iterator[str]:
        """See `AnswerWriter`."""
        function = "regression" if self._answer.task == "regression" else "classification"
        yield f'<NeuralNetwork functionName="{function}" activationFunction="identity">'
        yield schema
        yield element("NeuralInputs", "\n", *self._neurons.inputs) + "\n"
        yield from self._neurons.layers
        yield element("NeuralOutputs", *self._neural_outputs()) + "\n"
        yield verification
        yield "</NeuralNetwork>\n"

    def _neural_outputs(self) -> Iterator[str]:
        target = self._target
        if self._answer.task == "regression":
            field = element("DerivedField", ref(target), optype="continuous", dataType="double")
            yield element("NeuralOutput", field, outputNeuron=self._ids[0])
            return
        for id_, name in zip(self._ids, self._answer.classes, strict=True):
            is_it = element("NormDiscrete", field=target, value=name)
            field = element("DerivedField", is_it, optype="categorical", dataType="string")
            yield element("NeuralOutput", field, outputNeuron=id_)
