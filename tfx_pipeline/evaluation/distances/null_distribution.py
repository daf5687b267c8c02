"""Jensen-Shannon's distance, and what chance alone makes of it.

The distance of two samples of one column is not 0, and it grows as they shrink: of 1,000 and of 10
rows of one normal distribution it is large, of two million it is nothing. So a fixed number judges
the size of a table. Here samples of as many rows are drawn again and again from the reference's
histogram, and the distance found is compared with theirs. The reference is a sample itself: before
each draw, the shares of its bins are drawn from what its rows leave possible (Dirichlet's
distribution, Jeffreys' prior; exact for the bins of quantiles). So a reference of 10 rows is as
little to be relied upon as it should be.

Sources: J. Lin, Divergence measures based on the Shannon entropy, IEEE Trans. Inf. Theory 37 (1991)
145-151 (the divergence; its root is a metric, Endres and Schindelin 2003); B. Efron and R.
Tibshirani, An Introduction to the Bootstrap, 1993, chapter 16; D. Rubin, The Bayesian bootstrap,
Annals of Statistics 9 (1981) 130-134; R. Krichevsky and V. Trofimov, 1981 (the half row that each
bin gets: a bin that the reference has not filled is rare, not impossible); E. Wilson and M.
Hilferty, The distribution of chi-square, PNAS 17 (1931) 684-688 (the cube root).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

DRAWS = 1000


@dataclass(frozen=True)
class Chance:
    """Distances that chance makes: quantiles, and how a distance found compares with them.

    Attributes:
        quantile_95: distance that is exceeded by chance once in 20 times.
        quantile_99: once in 100 times.
        p_value: of the distance found: how often chance makes one as large, or a larger one.
        beyond: the distance found, without what chance adds to it on average.
    """

    quantile_95: float
    quantile_99: float
    p_value: float
    beyond: float


def divergence(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float64]:
    """Compute Jensen-Shannon's divergence of shares in bits, 0 to 1, over the last axis."""
    middle = (first + second) / 2
    found = _entropy(middle) - (_entropy(first) + _entropy(second)) / 2
    return np.clip(found, 0, 1)


def _entropy(shares: NDArray[Any]) -> NDArray[np.float64]:
    logarithms = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    return -np.einsum("...i,...i", shares, logarithms)


def chance_of(
    found: float, counts: NDArray[Any], rows: tuple[int, int], seed: Sequence[int], draws: int
) -> Chance:
    """Compare a divergence with those of samples drawn from the reference.

    The p-value is the share of the draws that are as large. Far in the tail no draw is left to
    count, and many columns are judged at once: there it is that of the normal distribution which
    the cube root of a divergence is close to (a multiple of it is close to chi-square), with the
    mean and the deviation of the draws. The larger one of both is taken.

    Args:
        found: the divergence in bits.
        counts: of the reference, `[bins]`.
        rows: of the reference and of the other sample, copies counted once.
        seed: of the draws.
        draws: how many.
    """
    generator = np.random.default_rng(seed)
    shares = counts / counts.sum()
    possible = generator.dirichlet(shares * rows[0] + 0.5, draws)
    drawn = divergence(shares, generator.multinomial(rows[1], possible) / rows[1])
    roots = np.cbrt(drawn)
    deviation = float(roots.std())
    excess = float(np.cbrt(found) - roots.mean())
    tail = 0.5 * math.erfc(excess / deviation / math.sqrt(2)) if deviation > 0 else 1.0
    as_large = float(np.mean(drawn >= found * (1 - 1e-9)))
    quantile_95, quantile_99 = np.sqrt(np.quantile(drawn, [0.95, 0.99])).tolist()
    beyond = math.sqrt(max(0.0, found - float(drawn.mean())))
    return Chance(quantile_95, quantile_99, max(tail, as_large), beyond)
