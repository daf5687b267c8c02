"""From a table to a served model with `init` between them, and no edit."""

from __future__ import annotations

import csv
import json
import random
import shutil
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.project import NO_RISK, REPOSITORY, run_forked
from tfx_pipeline.deployment.candidate_server import serving

pytestmark = pytest.mark.e2e

ROWS = 1500
QUALITIES = ("low", "medium", "high")


def write_orders(file: Path) -> None:
    """Write orders as people keep them; more expensive ones of good quality come back less."""
    chance = random.Random(7)
    first = datetime(2023, 1, 5, 8, 30)
    rows = []
    for number in range(ROWS):
        price = round(chance.lognormvariate(6, 1), 2)
        quality = chance.choice(QUALITIES)
        weight = round(chance.uniform(0.2, 30), 1)
        score = 1.2 * QUALITIES.index(quality) - price / 600 + chance.gauss(0, 0.7)
        moment = first + timedelta(minutes=337 * number)
        rows.append(
            {
                "order id": f"A-{number * 7919 % 100_003:06}",
                "price": f"${price:,.2f}",
                "ordered at": moment.strftime("%d/%m/%Y %H:%M"),
                "rating": "?" if number % 11 == 3 else chance.randint(1, 50) / 10,
                "weight": 9999 if number % 13 == 5 else weight,
                "quality": quality,
                "channel": chance.choice(("shop", "web", "phone")),
                "note": " ".join(chance.choices(("came", "late", "broken", "fine", "blue"), k=9))
                + f" {number % 97}",
                "country": "XY",
                "kept": "Yes" if score > 0 else "No",
            }
        )
    file.parent.mkdir(parents=True)
    with file.open("w", encoding="utf-8", newline="") as stream:
        table = csv.DictWriter(stream, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def init(folder: Path, *words: str) -> dict[str, Any]:
    """Run `init`; give what it says to programs."""
    done = run_forked(["-m", "tfx_pipeline.cli", "init", *words, "--json"], folder)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def run(folder: Path, name: str, *options: str) -> str:
    """Run the configuration as it is."""
    words = [str(REPOSITORY / "run_local.py"), f"--config=configs/{name}.yaml", *options]
    out = run_forked(words, folder).stdout
    assert "pushed, and queried with" in out
    return out


def asked(folder: Path, name: str, *rows: dict[str, Any]) -> list[Any]:
    (version,) = (folder / f"serving_model/{name}").glob("[0-9]*")
    body = json.dumps({"instances": rows}).encode()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with serving("embedded", version, name, 120) as served:
        url = f"{served.rest}/v1/models/{name}:predict"
        with opener.open(url, body, timeout=60) as answer:
            predictions: list[Any] = json.loads(answer.read())["predictions"]
            return predictions


@pytest.mark.once
def test_messy_table_is_served_by_the_text_that_stands_in_it(tmp_path: Path) -> None:
    write_orders(tmp_path / "data/orders/orders.csv")
    found = init(tmp_path, "data/orders/orders.csv", "--label=kept")
    config = yaml.safe_load((tmp_path / "configs/orders.yaml").read_text("utf-8"))
    features = config["features"]
    assert features["price"]["parse"].startswith("$")
    assert features["ordered at"]["kind"] == "timestamp"
    assert features["ordered at"]["parse"] == "%d/%m/%Y %H:%M"
    assert features["weight"]["missing"] == [9999]
    assert features["quality"] == {"kind": "ordinal", "values": [*QUALITIES]}
    assert features["note"]["kind"] == "text"
    roles = {column["name"]: column["role"] for column in found["plan"]["columns"]}
    assert roles["order id"] == roles["country"] == "dropped" and roles["kept"] == "label"
    run(tmp_path, "orders")
    row = {
        "price": "$1,234.50", "ordered at": "24/12/2023 17:05", "rating": 4.5, "weight": 9999,
        "quality": "medium", "channel": "web", "note": "came late",
    }  # fmt: skip
    assert row.keys() == features.keys()
    cheap, dear, worse = (
        {**row, "price": "$12.00"},
        {**row, "price": "$9,999.00"},
        {**row, "quality": "low"},
    )
    answers = asked(tmp_path, "orders", row, cheap, dear, worse)
    usual, likely, unlikely, low = (
        x if isinstance(x, float) else x["probability"] for x in answers
    )
    assert unlikely < usual < likely and low < usual


@pytest.mark.once
@pytest.mark.parametrize(
    ("table", "label", "task"),
    [
        ("penguins", "species", "multiclass"),
        ("ames", "Sale_Price", "regression"),
        ("taxi", "tips", "regression"),
    ],
)
def test_shipped_table_runs_with_the_configuration_that_is_written(
    tmp_path: Path, table: str, label: str, task: str
) -> None:
    shutil.copytree(REPOSITORY / "data" / table, tmp_path / "tables" / table)
    found = init(tmp_path, f"tables/{table}", f"--label={label}", "--name=mine")
    assert found["plan"]["sections"]["label"]["setting"]["task"] == task
    run(tmp_path, "mine", NO_RISK)
    again = init(tmp_path, f"tables/{table}", f"--label={label}", "--name=mine")
    assert {file["state"] for file in again["files"]} == {"unchanged"}
