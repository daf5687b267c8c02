"""Adam with a rate that changes in the course of training, and differs between variables."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import tensorflow as tf

_EPSILON = 1e-8

Schedule = Callable[[tf.Tensor], tf.Tensor]
"""Makes of the share of training that is done, from 0 to 1, the factor of the learning rate."""


def cosine(done: tf.Tensor) -> tf.Tensor:
    """Fall from 1 to 0 along half a cosine.

    Source: Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts (2016).
    """
    return 0.5 + 0.5 * tf.cos(math.pi * done)


def coslog4(done: tf.Tensor) -> tf.Tensor:
    """Rise from 0 to 1 and fall again four times, each time for twice as long.

    It is 1/2 (1 - cos(2 pi log2(1 + 15 done))): the paper, section 3.
    """
    return 0.5 - 0.5 * tf.cos(2 * math.pi * tf.math.log(1 + 15 * done) / math.log(2))


class ScheduledAdam(tf.Module):
    """Adam, in one operation a variable.

    Source: Kingma and Ba, Adam: A Method for Stochastic Optimization (2014). `beta_2` is small:
    what made a gradient large is soon forgotten, as the paper advises.
    """

    def __init__(
        self,
        variables: Sequence[tf.Variable],
        factors: Sequence[float],
        learning_rate: float,
        schedule: Schedule,
        steps: int,
        beta_1: float = 0.9,
        beta_2: float = 0.95,
    ) -> None:
        """Take variables, what their rates are to be multiplied by, and the steps of it all."""
        super().__init__()
        self._factors, self._rate = list(factors), learning_rate
        self._schedule, self._steps = schedule, steps
        self._betas = (beta_1, beta_2)
        self._moments = [[tf.Variable(tf.zeros_like(x)) for _ in range(2)] for x in variables]
        self._step = tf.Variable(0.0)

    def apply(
        self, gradients: Sequence[tf.Tensor | tf.IndexedSlices], variables: Sequence[tf.Variable]
    ) -> None:
        """Take a step: change the variables, the same as at the beginning and in their order."""
        rate = self._rate * self._schedule(tf.minimum(self._step / self._steps, 1.0))
        step = self._step.assign_add(1.0)
        powers = [tf.pow(beta, step) for beta in self._betas]
        for variable, gradient, (first, second), factor in zip(
            variables, gradients, self._moments, self._factors, strict=True
        ):
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=first.handle,
                v=second.handle,
                beta1_power=powers[0],
                beta2_power=powers[1],
                beta1=self._betas[0],
                beta2=self._betas[1],
                lr=factor * rate,
                epsilon=_EPSILON,
                grad=tf.convert_to_tensor(gradient),
            )
