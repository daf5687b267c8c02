"""A whole run on columns with names that TensorFlow does not allow, asked by these names."""

from __future__ import annotations

import csv
import json
import math
import shutil
import urllib.request
from pathlib import Path

import pytest

from tests.e2e.project import REPOSITORY, run_forked
from tfx_pipeline.deployment.candidate_server import serving

pytestmark = [pytest.mark.e2e, pytest.mark.once]

NAMES = {
    "species": "die Art (species)",
    "island": "Island",
    "bill_length_mm": "bill length (mm)",
    "bill_depth_mm": "bill.depth/mm",
    "flipper_length_mm": "Flügel-Länge",
    "body_mass_g": "_mass: $g=%",
    "sex": "island",
    "year": "1st year's",
}
CONFIG = """\
name: odd
data: {path: data/odd}
label: {column: die Art (species), task: multiclass, classes: [Adelie, Chinstrap, Gentoo]}
features:
  Island: {kind: categorical}
  island: {kind: categorical}
  bill length (mm): {kind: numeric, buckets: 4}
  bill.depth/mm: {kind: numeric, scale: log_zscore}
  Flügel-Länge: {kind: numeric, scale: minmax}
  "_mass: $g=%": {kind: bucketized, buckets: 5}
  1st year's: {kind: numeric}
  always: {kind: numeric}
lookups:
  "mass per (Island) = µ": {key: Island, value: "_mass: $g=%"}
model: {family: wide_deep, hidden_units: [16], batch_size: 16, epochs: 40}
evaluation:
  slices: [[Island], ["1st year's", island]]
  thresholds: {accuracy: {min: 0.8}}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The penguins under other names, and a column that never varies; run."""
    folder = tmp_path_factory.mktemp("odd")
    shutil.copytree(REPOSITORY / "configs/env", folder / "configs/env")
    (folder / "configs/odd.yaml").write_text(CONFIG, encoding="utf-8")
    (folder / "data/odd").mkdir(parents=True)
    (source,) = (REPOSITORY / "data/penguins").glob("*.csv")
    with source.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    with (folder / "data/odd/rows.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow([*NAMES.values(), "always"])
        table.writerows([*(row[name] for name in NAMES), 3] for row in rows)
    done = run_forked([str(REPOSITORY / "run_local.py"), "--config=configs/odd.yaml"], folder)
    assert "verdict    blessed: " in done.stdout
    assert (
        "note: configs/odd.yaml:12: feature `always` is 3 in every training row: the model learns"
        " nothing from it" in done.stdout
    )
    return folder


def test_odd_names_are_asked_by_rest_as_the_table_writes_them(project: Path) -> None:
    (version,) = (project / "serving_model/odd").glob("[0-9]*")
    smoke = json.loads((version / "assets.extra/smoke_rows.json").read_text(encoding="utf-8"))
    assert smoke["instances"][0].keys() == {*NAMES.values(), "always"} - {NAMES["species"]}
    body = json.dumps({"instances": smoke["instances"]}).encode()
    with serving("embedded", version, "odd", 120) as served:
        url = f"{served.rest}/v1/models/odd"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{url}:predict", body, timeout=60) as answer:
            predictions = json.loads(answer.read())["predictions"]
        with opener.open(f"{url}/metadata", timeout=60) as answer:
            metadata = json.loads(answer.read())["metadata"]["signature_def"]["signature_def"]
    assert metadata["serving_default"]["inputs"].keys() == smoke["instances"][0].keys()
    for found, expected in zip(predictions, smoke["predictions"], strict=True):
        assert found["class"] == expected["class"]
        assert found["probabilities"] == pytest.approx(expected["probabilities"], abs=1e-5)


def test_odd_names_smoke_rows_have_each_feature_missing_and_unseen(project: Path) -> None:
    (version,) = (project / "serving_model/odd").glob("[0-9]*")
    smoke = json.loads((version / "assets.extra/smoke_rows.json").read_text(encoding="utf-8"))
    changed = dict(zip(smoke["changes"], smoke["instances"], strict=True))
    assert math.isnan(changed["`1st year's` missing"]["1st year's"])  # an integer, never missing
    assert changed["`Island` unseen"]["Island"] == "(never seen)"
    assert changed["`1st year's` unseen"]["1st year's"] == 2009 + 2 * 2 + 1
