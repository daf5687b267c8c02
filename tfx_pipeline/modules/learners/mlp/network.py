"""The network: encoded rows through hidden layers, by several members at once, averaged.

A member is a network of its own behind the encoding that all share; in training each is compared
with the labels by itself, and what is answered is their mean, which chance moves less. Source:
Lakshminarayanan et al., Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles
(2016), and Gorishniy et al., TabM (2024), of which the shared part is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import tensorflow as tf

from tfx_pipeline.modules.description.heads import Dense, MlpHead
from tfx_pipeline.modules.learners.learner import Scorer
from tfx_pipeline.modules.learners.mlp.encoding import Encoding

FACTOR_OF_FACTORS = 6.0
FACTOR_OF_BIASES = 0.1
"""What rates of the encoding's factors, and of biases, are multiplied by: the paper, section 3."""


def mish(values: tf.Tensor) -> tf.Tensor:
    """Give x tanh(log(1 + exp x)). Source: Misra, Mish (2019)."""
    return values * tf.tanh(tf.nn.softplus(values))


ACTIVATIONS: dict[str, Callable[[tf.Tensor], tf.Tensor]] = {
    "selu": tf.nn.selu,
    "mish": mish,
    "relu": tf.nn.relu,
    "gelu": tf.nn.gelu,
    "silu": tf.nn.silu,
}


class Layer(tf.Module):
    """A dense layer of each member, whose weights are standard normal and divided by sqrt(inputs).

    So a gradient step changes what it gives by as much, however many inputs there are: the
    neural tangent parametrisation of the paper, section 3, after Jacot et al. (2018).
    """

    def __init__(
        self, members: int, inputs: int, units: int, random: np.random.Generator | None
    ) -> None:
        """Make the layer; without `random` all is 0."""
        super().__init__()
        shapes = (members, inputs, units), (members, 1, units)
        drawn = [np.zeros(x) if random is None else random.normal(size=x) for x in shapes]
        self.weights, self.biases = (tf.Variable(x.astype(np.float32)) for x in drawn)
        self._scale = 1 / math.sqrt(max(1, inputs))

    def __call__(self, values: tf.Tensor) -> tf.Tensor:
        """Map `[members or 1, batch, inputs]` to `[members, batch, units]`."""
        return tf.matmul(values, self.weights) * self._scale + self.biases

    def describe(self) -> Dense:
        """Say it as plain data, the scale being part of the weights."""
        weights = self.weights.numpy().astype(np.float64) * self._scale
        return Dense(weights.astype(np.float32), self.biases.numpy()[:, 0])


class MlpScorer(Scorer):
    """The network, to be fitted and to be served.

    Attributes:
        members: how many logits a row has in training, one after the other.
        losses: none beside that of the task.
    """

    losses: Sequence[tf.Tensor] = ()

    def __init__(
        self,
        encoding: Encoding,
        hidden_units: Sequence[int],
        activation: str,
        members: int,
        dropout: float,
        limits: tuple[float, float] | None,
        outputs: int,
        random: np.random.Generator,
    ) -> None:
        """Put the parts together.

        `limits` are the lowest and the highest answer, where there are such: those of the training
        rows. `dropout` is the share of hidden units that each step of training leaves out.
        """
        super().__init__()
        self.encoding, self.members = encoding, members
        self._activation, self._dropout, self._limits = ACTIVATIONS[activation], dropout, limits
        self._activation_name = activation
        widths = [encoding.width, *hidden_units]
        pairs = zip(widths, hidden_units, strict=False)
        self.hidden = [Layer(members, *pair, random) for pair in pairs]
        self.last = Layer(members, widths[-1], outputs, None)
        self._seed = int(random.integers(2**31))
        self._step = tf.Variable(0, trainable=False)

    def rate_factors(self) -> list[float]:
        """Give what the rate of each trainable variable is multiplied by."""
        factors = {id(self.encoding.factors): FACTOR_OF_FACTORS}
        factors |= {id(layer.biases): FACTOR_OF_BIASES for layer in (*self.hidden, self.last)}
        if self.encoding.numbers is not None and self.encoding.numbers.periodic is not None:
            factors[id(self.encoding.numbers.periodic.biases)] = FACTOR_OF_BIASES
            factors[id(self.encoding.numbers.periodic.phases)] = FACTOR_OF_BIASES
        return [factors.get(id(x), 1.0) for x in self.trainable_variables]

    def __call__(self, inputs: Mapping[str, tf.Tensor], training: bool = False) -> tf.Tensor:
        """Give logits: `[batch, outputs]`; in training `[members * batch, outputs]`."""
        values = self.encoding(inputs)[tf.newaxis]
        for place, layer in enumerate(self.hidden):
            values = self._activation(layer(values))
            if training and self._dropout:
                values = self._without_some(values, place)
        logits = self.last(values)
        if training:
            return tf.reshape(logits, [-1, logits.shape[2]])
        logits = tf.reduce_mean(logits, axis=0)
        return logits if self._limits is None else tf.clip_by_value(logits, *self._limits)

    def describe(self) -> MlpHead:
        """See `Scorer`."""
        numbers, ids = self.encoding.numbers, self.encoding.ids
        return MlpHead(
            None if numbers is None else numbers.describe(),
            None if ids is None else ids.describe(),
            self.encoding.factors.numpy(),
            tuple(layer.describe() for layer in self.hidden),
            self._activation_name,
            self.last.describe(),
            self._limits,
        )

    def _without_some(self, values: tf.Tensor, place: int) -> tf.Tensor:
        """Leave out some of the values; which of them, the seed and the step say."""
        step = self._step.assign_add(1) if place == 0 else self._step
        seed = tf.stack([self._seed + place, step])
        return tf.nn.experimental.stateless_dropout(values, self._dropout, seed)
