"""What TFX's Tuner gets of `tuner_fn`; the search itself: tests/modules/trials."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest

from tests.modules.tables import Table, make_config, make_fn_args, train_config, transform_config
from tfx_pipeline.modules.tuning import tuner_fn

pytestmark = pytest.mark.slow
TUNING = {"budget_s": 7.0, "processes": 1, "threads": 1}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Return the configuration and the arguments of a table of 60 rows."""
    folder = tmp_path_factory.mktemp("tuning")
    rows = [{"x": float(i), "w": 1.0 + i % 2, "y": i % 2} for i in range(60)]
    table = Table({"x": float, "w": float, "y": int}, rows)
    config = make_config(
        label={"column": "y", "task": "binary", "weight": "w"},
        features={"x": {"kind": "numeric"}},
        model={"family": "auto", "seed": 5},
    )
    artifact = table.analyze(transform_config(config), folder)
    file = table.write(folder / "train.gz")
    fn_args = make_fn_args(config, artifact, file, "no such file", folder)
    fn_args.transform_graph_path = artifact
    split = {"by": "row", "columns": []}
    fn_args.custom_config = {**train_config(config), "split": split, "tuning": TUNING}
    return fn_args


@pytest.mark.parametrize("is_remote", [False, True])
def test_tuner_fn_writes_weighed_training_rows_on_this_machine(
    is_remote, prepared, tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    prepared.working_dir = "gs://bucket/here" if is_remote else str(tmp_path / "here")
    result = tuner_fn(prepared)
    data = result.fit_kwargs.pop("data")
    assert result.fit_kwargs == TUNING
    folder = Path(data.folder)
    assert folder.is_dir()
    assert folder.parent == (tmp_path if is_remote else tmp_path / "here")
    rows = data.rows()
    assert rows.label.tolist() == [0, 1] * 30
    assert rows.weight == pytest.approx(np.array([1, 2] * 30) / 1.5)
    assert len(np.unique(rows.tie)) == 60
    first = [result.tuner.oracle.create_trial(f"t{i}").hyperparameters.values for i in range(2)]
    assert [x["family"] for x in first] == ["trees as configured", "mlp as configured"]
