"""How trees are grown: by what the configuration says, or else by the number of rows.

LightGBM's own defaults (31 leaves, rate 0.1, 100 rounds) fit tables of a few thousand rows too
closely: fewer leaves, a lower rate and an end by held-out rows gave a lower loss on all that were
tried. Trees of few leaves are also what a graph computes fastest (see `scorer`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SMALL, _LARGE, _HUGE = 2_000, 20_000, 100_000
_CELLS_A_THREAD = 4_000_000


@dataclass(frozen=True)
class TreeSettings:
    """How trees are grown.

    Attributes:
        rounds: trees of each output, at most, or exactly where no rows are held out.
        patience: rounds without a lower loss of held-out rows before it ends.
        leaves: of a tree, at most.
        learning_rate: share of a tree's answer that is added.
        min_rows_per_leaf: rows that a leaf, and a category of its own, must have.
        threads: of LightGBM; where work is little, more of them only wait for each other.
    """

    rounds: int
    patience: int
    leaves: int
    learning_rate: float
    min_rows_per_leaf: int
    threads: int

    @classmethod
    def chosen(
        cls,
        config: Mapping[str, Any],
        rows: int,
        columns: int,
        outputs: int,
        *,
        stops: bool,
        cores: int,
    ) -> TreeSettings:
        """Choose what `config`, the section `model.trees`, leaves open.

        `stops`: whether rows are held out, whose loss ends the growing. Several outputs are as
        many trees a round, so there the rounds are fewer and the steps larger.
        """
        leaves = 8 if rows < _SMALL else 16 if rows < _LARGE else 32
        is_fast = rows >= _HUGE or outputs > 1
        rounds = (300 if is_fast else 600) if stops else (80 if is_fast else 160)
        least = 20 if rows >= _SMALL else max(3, rows // 100)
        given = {name: value for name, value in config.items() if value is not None}
        return cls(
            rounds=given.get("rounds", rounds),
            patience=40,
            leaves=given.get("leaves", leaves),
            learning_rate=given.get("learning_rate", 0.1 if is_fast else 0.05),
            min_rows_per_leaf=given.get("min_rows_per_leaf", least),
            threads=max(1, min(cores, rows * columns // _CELLS_A_THREAD)),
        )

    def parameters(self, seed: int) -> dict[str, Any]:
        """Say it in LightGBM's words."""
        return {
            "num_leaves": self.leaves,
            "learning_rate": self.learning_rate,
            "min_data_in_leaf": self.min_rows_per_leaf,
            "num_threads": self.threads,
            "feature_fraction": 0.7,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            "lambda_l2": 3.0,
            "cat_smooth": 20.0,
            "cat_l2": 10.0,
            "min_data_per_group": 50,
            "bin_construct_sample_cnt": 50_000,
            "seed": seed,
            "deterministic": True,
            "force_row_wise": True,  # else times decide, which are never the same twice
            "verbose": -1,
        }
