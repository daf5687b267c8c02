"""Each sort of column is told by cells that real tables have."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.tables.written_tables import column_of
from tfx_pipeline.tables.kinds.column_kind import plan_column

_ROWS = 400


def cells(make: Callable[[random.Random, int], str]) -> list[str]:
    """Make the cells of a column."""
    rng = random.Random(7)
    return [make(rng, row) for row in range(_ROWS)]


def setting(name: str, make: Callable[[random.Random, int], str]) -> dict[str, object] | None:
    """Give the feature that follows from a column; None: it is dropped."""
    plan = plan_column(column_of(name, cells(make)))
    return dict(plan.feature.setting) if plan.feature else None


@pytest.mark.parametrize(
    ("name", "make", "expected"),
    [
        ("height", lambda r, i: f"{r.gauss(170, 9):.1f}", {"kind": "numeric"}),
        (
            "income",
            lambda r, i: f"{r.lognormvariate(10, 1):.0f}",
            {"kind": "numeric", "scale": "log_zscore"},
        ),
        ("rooms", lambda r, i: str(r.randint(1, 8)), {"kind": "numeric"}),
        ("shop_code", lambda r, i: str(r.randint(1, 30)), {"kind": "categorical"}),
        ("ShopType", lambda r, i: str(r.randint(1, 5)), {"kind": "categorical"}),
        ("zip", lambda r, i: f"{r.randint(1, 9):05d}", {"kind": "categorical"}),
        ("policePrecinct", lambda r, i: str(r.randint(1, 5)), {"kind": "categorical"}),
        ("flight", lambda r, i: str(r.randint(1, 40) ** 2), {"kind": "categorical"}),
        ("flight_km", lambda r, i: str(r.randint(1, 40) ** 2), {"kind": "numeric"}),
        ("month", lambda r, i: str(r.randint(1, 12)), {"kind": "numeric", "buckets": 12}),
        ("colour", lambda r, i: r.choice(["red", "green"]), {"kind": "categorical"}),
        (
            "town",
            lambda r, i: f"town {r.randint(1, 60)}",
            {"kind": "categorical", "target": True},
        ),
        ("price", lambda r, i: f"${r.uniform(1, 9000):,.2f}", "$"),
        ("share", lambda r, i: f"{r.uniform(0, 30):.1f} %", "%"),
        ("betrag", lambda r, i: f"{r.uniform(0, 99):.2f}".replace(".", ","), ","),
        ("weight", lambda r, i: f"{r.randint(1, 90)} kg", "kg"),
        (
            "size",
            lambda r, i: r.choice(["M", "XL", "S", "L"]),
            {"kind": "ordinal", "values": ["S", "M", "L", "XL"]},
        ),
        (
            "quality",
            lambda r, i: r.choice(["TA", "Gd", "Po", "Ex", "Fa"]),
            {"kind": "ordinal", "values": ["Po", "Fa", "TA", "Gd", "Ex"]},
        ),
        (
            "WorkLifeBalance",
            lambda r, i: r.choice(["Better", "Bad", "Best", "Good"]),
            {"kind": "ordinal", "values": ["Bad", "Good", "Better", "Best"]},
        ),
        (
            "education",
            lambda r, i: r.choice(["Master", "College", "Below_College", "Doctor"]),
            {"kind": "ordinal", "values": ["Below_College", "College", "Master", "Doctor"]},
        ),
        (
            "number",
            lambda r, i: r.choice(["big", "none", "small"]),
            {"kind": "ordinal", "values": ["none", "small", "big"]},
        ),
        (
            "emp_length",
            lambda r, i: r.choice(["10+ years", "2 years", "< 1 year", "1 year"]),
            {"kind": "ordinal", "values": ["< 1 year", "1 year", "2 years", "10+ years"]},
        ),
        (
            "age",
            lambda r, i: r.choice(["65+", "25-34", "18-24", "35-64"]),
            {"kind": "ordinal", "values": ["18-24", "25-34", "35-64", "65+"]},
        ),
        (
            "grade",
            lambda r, i: r.choice("CBDA"),
            {"kind": "ordinal", "values": ["A", "B", "C", "D"]},
        ),
    ],
)
def test_plan_column_of_known_sort_gives_its_kind(
    name: str, make: Callable[[random.Random, int], str], expected: object
) -> None:
    found = setting(name, make)
    assert found is not None
    if isinstance(expected, str):
        assert found["kind"] == "numeric"
        assert expected in str(found["parse"])
    else:
        assert found == expected


@pytest.mark.parametrize(
    ("name", "make", "says"),
    [
        ("row", lambda r, i: str(i + 1), "a running number"),
        ("PassengerId", lambda r, i: str(100_000 + 37 * ((i * 7919) % _ROWS)), "an id"),
        ("hash", lambda r, i: f"{r.getrandbits(64):016x}", "an id"),
        ("const", lambda r, i: "x", "the same in all rows"),
        ("none", lambda r, i: "", "all cells are empty"),
        ("rare", lambda r, i: str(i) if i in (5, 9) else "", "of the cells are empty"),
    ],
)
def test_plan_column_that_says_nothing_is_dropped_with_the_reason(
    name: str, make: Callable[[random.Random, int], str], says: str
) -> None:
    plan = plan_column(column_of(name, cells(make)))
    assert (plan.role, plan.feature) == ("dropped", None)
    assert says in plan.reason


@pytest.mark.parametrize("mark", ["?", "NA", "-", "N/A", "none", "unknown"])
def test_plan_column_of_numbers_with_marks_lists_them_as_missing(mark: str) -> None:
    plan = plan_column(
        column_of("x", cells(lambda r, i: mark if i % 4 == 0 else f"{r.gauss(9, 2):.2f}"))
    )
    assert plan.feature is not None
    assert plan.feature.setting == {"kind": "numeric", "missing": [mark]}
    assert (plan.missing, plan.rows) == (_ROWS // 4, _ROWS)
    assert f"`{mark}` (100 ×) means missing" in plan.feature.reason


@pytest.mark.parametrize(
    ("sentinel", "expected"), [("9999", 9999), ("-999", -999), ("-3.4e38", -3.4e38)]
)
def test_plan_column_with_repeated_number_far_outside_takes_it_for_missing(
    sentinel: str, expected: float
) -> None:
    found = setting("x", lambda r, i: sentinel if i % 10 == 0 else f"{r.gauss(20, 5):.1f}")
    assert found == {"kind": "numeric", "missing": [expected]}


@pytest.mark.parametrize(
    "make",
    [
        lambda r, i: "9999" if i == 3 else f"{r.gauss(20, 5):.1f}",  # comes once
        lambda r, i: str(r.choice([99, *range(60, 99)])),  # not far from the others
        lambda r, i: "1234" if i % 10 == 0 else f"{r.gauss(20, 5):.1f}",  # no such digits
    ],
)
def test_plan_column_without_evidence_keeps_numbers(
    make: Callable[[random.Random, int], str],
) -> None:
    found = setting("x", make)
    assert found is not None
    assert "missing" not in found


def test_plan_column_of_names_keeps_none_as_an_answer_but_not_question_marks() -> None:
    found = setting("fence", lambda r, i: r.choice(["None", "wood", "wire", "?"]))
    assert found == {"kind": "categorical", "missing": ["?"]}


def test_plan_column_of_country_codes_keeps_namibia() -> None:
    codes = [f"{a}{b}" for a in "ABCDE" for b in "KLMNOP"]
    found = setting("land", lambda r, i: r.choice([*codes, "NA"]))
    assert found == {"kind": "categorical"}


def test_plan_column_of_prose_is_text_and_of_phrases_too() -> None:
    words = [
        "the",
        "room",
        "was",
        "very",
        "clean",
        "and",
        "quiet",
        "but",
        "far",
        "from",
        "every",
        "shop",
    ]
    prose = setting("review", lambda r, i: " ".join(r.choices(words, k=9)))
    assert prose == {"kind": "text", "max_vocabulary": 50, "weights": "tfidf"}
    title = ["Mr", "Mrs", "Miss", "Dr"]
    phrase = setting("who", lambda r, i: f"{r.choice(title)} {r.getrandbits(40):x}")
    assert phrase is not None
    assert phrase["kind"] == "text"


def test_plan_column_with_infinite_cells_takes_them_for_missing() -> None:
    found = setting("x", lambda r, i: "inf" if i % 50 == 0 else f"{r.gauss(9, 2):.2f}")
    assert found == {"kind": "numeric", "missing": ["inf"]}


def test_plan_column_of_rare_categories_has_their_average_alone() -> None:
    found = setting("town", lambda r, i: f"t{r.getrandbits(8):x}")
    assert found == {"kind": "categorical", "target": True, "id": False}


def test_plan_column_of_a_count_that_begins_again_drops_it() -> None:
    def part(rng: random.Random, row: int) -> str:
        return str(1 + row % 150)

    plan = plan_column(column_of("Sample Number", cells(part)))
    assert plan.role == "dropped"
    assert "begins again" in plan.reason
    assert setting("hour", lambda r, i: str(i % 24)) == {"kind": "numeric", "buckets": 24}
    assert setting("position", part) == {"kind": "numeric"}


def test_plan_column_of_numbers_that_no_float32_holds_drops_it() -> None:
    plan = plan_column(column_of("x", cells(lambda r, i: f"{r.uniform(1, 9)}e{295 + i % 5}")))
    assert plan.role == "dropped"
    assert "which no 32-bit float holds" in plan.reason
