"""Rows that belong together stay together, and time orders them where the label drifts."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.tables.written_tables import column_named, plan_of

_ROWS = 900


def patients(name: str = "patient_id") -> dict[str, list[str]]:
    """Make rows of 90 patients, who keep their sex."""
    rng = random.Random(4)
    ids = [rng.randrange(90) for _ in range(_ROWS)]
    return {
        name: [f"P{each:04d}" for each in ids],
        "sex": ["mf"[each % 2] for each in ids],
        "pulse": [f"{rng.gauss(70, 9):.1f}" for _ in ids],
        "y": [rng.choice(["ill", "well"]) for _ in ids],
    }


def days(drift: float) -> dict[str, list[str]]:
    """Make rows of 900 days whose positive share grows by `drift` from first to last."""
    rng = random.Random(4)
    share = [0.3 + drift * row / _ROWS for row in range(_ROWS)]
    return {
        "day": [f"20{21 + row // 360}-{1 + row // 30 % 12:02d}-{1 + row % 28:02d}"
                for row in range(_ROWS)],
        "x": [f"{rng.gauss(0, 1):.3f}" for _ in range(_ROWS)],
        "y": ["yes" if rng.random() < each else "no" for each in share],
    }  # fmt: skip


@pytest.mark.parametrize("name", ["patientid", "caseid", "orderId"])
def test_plan_split_of_ids_in_one_word_goes_by_them(tmp_path: Path, name: str) -> None:
    split = plan_of(tmp_path, patients(name)).sections["data.split"]
    assert (split.setting["by"], split.setting["columns"]) == ("key", [name])


def test_plan_split_of_rows_of_patients_goes_by_patient(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, patients(), seed=5)
    split = plan.sections["data.split"]
    assert split.setting == {
        "by": "key", "columns": ["patient_id"], "train": 2, "eval": 1, "seed": 5
    }  # fmt: skip
    assert "10.0 rows each, which share `sex`" in split.reason
    assert split.alternatives[0].setting["by"] == "row"
    key = column_named(plan, "patient_id")
    assert (key.role, key.feature) == ("key", None)


@pytest.mark.parametrize("name", ["patient_group", "num_patients", "town"])
def test_plan_split_by_other_names_goes_by_row(tmp_path: Path, name: str) -> None:
    plan = plan_of(tmp_path, patients(name))
    assert plan.sections["data.split"].setting["by"] == "row"
    assert name in plan.features


def test_plan_split_of_drifting_label_goes_by_time(tmp_path: Path) -> None:
    split = plan_of(tmp_path, days(0.5)).sections["data.split"]
    assert split.setting == {"by": "time", "columns": ["day"], "train": 2, "eval": 1}
    assert "the shares of the classes of the last third of the rows differ by" in split.reason


def test_plan_split_of_steady_label_goes_by_row_and_offers_time(tmp_path: Path) -> None:
    split = plan_of(tmp_path, days(0.0)).sections["data.split"]
    assert split.setting["by"] == "row"
    assert [x.setting["by"] for x in split.alternatives] == ["time"]


def test_plan_split_does_not_order_by_moments_that_the_split_cannot_read(tmp_path: Path) -> None:
    table = days(0.5)
    table["day"] = ["/".join(reversed(day.split("-"))) for day in table["day"]]
    plan = plan_of(tmp_path, table)
    assert plan.features["day"].setting["parse"] == "%d/%m/%Y"
    assert plan.sections["data.split"].setting["by"] == "row"
    assert plan.sections["data.split"].alternatives == ()


def passengers(*, with_ticket: bool = False, columns: int = 3) -> dict[str, list[str]]:
    """Make rows of which few differ, for all they say is a word a column."""
    rng = random.Random(8)
    made = {f"x{place}": rng.choices("ab", k=_ROWS) for place in range(3)}
    made |= {f"copy{place}": [*made["x0"][:-1], str(place)] for place in range(columns - 3)}
    if with_ticket:
        made["ticket_no"] = [f"T{rng.randrange(10**9)}" for _ in range(_ROWS)]
    made["y"] = rng.choices(["yes", "no"], k=_ROWS)
    return made


def test_plan_split_of_equal_rows_keeps_those_with_another_label_with_them(tmp_path: Path) -> None:
    split = plan_of(tmp_path, passengers(), seed=5).sections["data.split"]
    columns = ["x0", "x1", "x2"]
    assert split.setting == {"by": "key", "columns": columns, "train": 2, "eval": 1, "seed": 5}
    assert split.reason.startswith("100 % of the rows equal another one")
    assert split.alternatives[0].setting["by"] == "row"


def test_plan_split_of_few_sorts_of_rows_says_how_chance_divides_them(tmp_path: Path) -> None:
    (finding,) = plan_of(tmp_path, passengers()).warnings
    assert finding.text.startswith("the features say 8 different things")
    assert "numbers the rows" in finding.next_step
    rng = random.Random(9)
    table = passengers() | {"x3": rng.choices([f"w{i}" for i in range(20)], k=_ROWS)}
    plan = plan_of(tmp_path, table)
    assert plan.sections["data.split"].setting["by"] == "key"
    assert not plan.warnings


def test_plan_split_of_equal_rows_with_an_id_goes_by_row(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, passengers(with_ticket=True))
    assert column_named(plan, "ticket_no").role == "dropped"
    assert plan.sections["data.split"].setting["by"] == "row"


def test_plan_split_of_equal_rows_takes_as_many_columns_as_a_key_has(tmp_path: Path) -> None:
    split = plan_of(tmp_path, passengers(columns=23)).sections["data.split"]
    assert len(split.setting["columns"]) == 16
