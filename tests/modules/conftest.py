"""Models trained on a few rows of the tables that ship with the project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tfx_pipeline.config.loader import load_config

if TYPE_CHECKING:
    from tests.modules.tables import Table
    from tfx_pipeline.config.root import PipelineConfig


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


def _train(
    name: str, kinds: Mapping[str, type], rows: int, overrides: list[str], folder: Path
) -> Trained:
    from tests.modules.tables import Table, make_fn_args, transform_config
    from tfx_pipeline.modules.training import run_fn

    repository = Path(__file__).resolve().parents[2]
    config = load_config(repository / f"configs/{name}.yaml", overrides=overrides).config
    (file,) = (repository / "data" / name).glob("*.csv")
    table = Table.from_csv(file, kinds, rows)
    train, evaluation = table[: rows * 2 // 3], table[rows * 2 // 3 :]
    artifact = train.analyze(transform_config(config), folder)
    files = train.write(folder / "train.gz"), evaluation.write(folder / "eval.gz")
    run_fn(make_fn_args(config, artifact, *files, folder))
    return Trained(config, evaluation, Path(artifact), folder / "model", folder / "run")


def _kinds(**names: Any) -> dict[str, type]:
    of = {"texts": str, "numbers": float, "integers": int}
    return {name: of[kind] for kind, group in names.items() for name in group.split()}


@pytest.fixture(scope="session")
def taxi(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Binary, wide and deep, with a lookup."""
    kinds = _kinds(
        texts="payment_type company",
        numbers="trip_miles trip_seconds fare tips pickup_latitude pickup_longitude"
        " dropoff_latitude dropoff_longitude dropoff_community_area",
        integers="trip_start_hour trip_start_day trip_start_month pickup_community_area",
    )
    return _train("taxi", kinds, 1500, ["model.epochs=5"], tmp_path_factory.mktemp("taxi"))


@pytest.fixture(scope="session")
def penguins(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Multi-class, deep; the table is sorted by class, so all rows train and the last evaluate."""
    kinds = _kinds(
        texts="species island sex",
        numbers="bill_length_mm bill_depth_mm",
        integers="flipper_length_mm body_mass_g",
    )
    folder = tmp_path_factory.mktemp("penguins")
    return _train("penguins", kinds, 344, ["model.epochs=20"], folder)


@pytest.fixture(scope="session")
def ames(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Regression, linear, with a lookup of the label itself."""
    kinds = _kinds(texts="Neighborhood", numbers="Gr_Liv_Area Sale_Price", integers="Year_Built")
    overrides = [
        "model.family=linear",
        "model.epochs=20",
        "features={Neighborhood: {kind: categorical}, Gr_Liv_Area: {kind: numeric, scale: log_zscore},"
        " Year_Built: {kind: numeric}}",
        "evaluation.slices=[]",
    ]
    return _train("ames", kinds, 900, overrides, tmp_path_factory.mktemp("ames"))
