"""Models trained on a few rows of the tables that ship with the project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.config.root import PipelineConfig

if TYPE_CHECKING:
    from tests.modules.tables import Table


@dataclass
class Trained:
    """A model, and what it was made from.

    Attributes:
        model: folder of the exported model.
        run: folder of the training's log for TensorBoard.
        evaluation: the rows that it was not trained on.
        artifact: folder of the transform graph.
    """

    config: PipelineConfig
    evaluation: Table
    artifact: Path
    model: Path
    run: Path


REPOSITORY = Path(__file__).resolve().parents[2]


def train_on(config: PipelineConfig, rows: int, folder: Path) -> Trained:
    """Train on two thirds of a table's first rows."""
    from tests.modules.tables import Table, make_fn_args, transform_config
    from tfx_pipeline.modules.label_rule.rule import LabelRule
    from tfx_pipeline.modules.training import run_fn

    columns = {*config.raw_features, config.label.column}
    columns |= {lookup.value for lookup in config.lookups.values()}
    if config.label.rule:
        columns |= LabelRule.parse(config.label.rule).columns
    (file,) = (REPOSITORY / config.data.path).glob("*.csv")
    table = Table.from_csv(file, sorted(columns), rows)
    # The penguins are sorted by species: every third row evaluates.
    train = Table(table.kinds, [row for i, row in enumerate(table.rows) if i % 3])
    evaluation = Table(table.kinds, table.rows[::3])
    artifact = train.analyze(transform_config(config), folder)
    files = train.write(folder / "train.gz"), evaluation.write(folder / "eval.gz")
    run_fn(make_fn_args(config, artifact, *files, folder))
    return Trained(config, evaluation, Path(artifact), folder / "model", folder / "run")


@pytest.fixture(scope="session")
def taxi(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Binary, wide and deep, with a lookup."""
    config = load_config(REPOSITORY / "configs/taxi.yaml", overrides=["model.epochs=5"]).config
    return train_on(config, 1500, tmp_path_factory.mktemp("taxi"))


@pytest.fixture(scope="session")
def penguins(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Multi-class, deep."""
    config = load_config(REPOSITORY / "configs/penguins.yaml").config
    return train_on(config, 344, tmp_path_factory.mktemp("penguins"))


@pytest.fixture(scope="session")
def ames(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Regression, linear, with a lookup of the label itself."""
    config = PipelineConfig.model_validate(
        {
            "name": "ames",
            "data": {"path": "data/ames"},
            "label": {"column": "Sale_Price", "task": "regression"},
            "features": {
                "Neighborhood": {"kind": "categorical"},
                "Gr_Liv_Area": {"kind": "numeric", "scale": "log_zscore"},
                "Year_Built": {"kind": "numeric", "buckets": 5},
            },
            "lookups": {"price": {"key": "Neighborhood", "value": "Sale_Price"}},
            "model": {"family": "linear"},
        }
    )
    return train_on(config, 900, tmp_path_factory.mktemp("ames"))
