"""What the name of a column says."""

from __future__ import annotations

import re


def words(text: str) -> frozenset[str]:
    """Make a set of the words of a text."""
    return frozenset(text.split())


_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_IDS = words("id ids uuid guid uid key pk rowid rownames rowname rownum index idx serial")
_NUMBERS_OF_ROWS = words("no nr number num row obs observation case record sample")
_STRONG_CODES = words(
    "code codes zip zipcode postcode postal plz tract sku fips naics sic isbn ean upc iata icd"
)
_CODES = words(
    "code codes zip zipcode postcode postal plz class type category cat group cluster segment"
    " region district tract sector channel shop store department dept product item sku status"
    " flag gender sex race ethnicity state county country city carrier terminal zone brand"
    " model color colour species method mode kind route station plan tariff industry"
    " occupation marital religion cyl gear soil wilderness origin destination branch team"
    " site center centre clinic hospital school teacher subclass precinct ward borough block"
)
_FEW_CODES = 30
_CALENDAR = {
    **dict.fromkeys(("month", "mon", "mnth"), 12),
    **dict.fromkeys(("hour", "hr", "hours"), 24),
    **dict.fromkeys(("weekday", "dow", "wday", "dayofweek"), 7),
    **dict.fromkeys(("quarter", "qtr", "season"), 4),
    **dict.fromkeys(("day", "mday", "dom", "dayofmonth"), 31),
    "week": 53,
    "minute": 60,
}
_NAMED = words("flight train agent vehicle bus tailnum driver")
"""Numbers of such a column are names, however many there are."""
_ENTITIES = words(
    "customer client patient user person subject household account session player employee member"
    " student visitor cardholder borrower guest respondent participant individual child family"
    " donor buyer applicant owner worker tenant"
)
_WITH_IDS = _ENTITIES | words(
    "case order trip visit encounter account acct cust emp product item shop store event device"
    " group school site team invoice booking claim policy loan house property match game race"
)
"""Words that stand before `id` in one word: `caseid`."""
_OF_PERSONS = words("birth birthday birthdate dob born hire hired joined registered")
_TIMES = words(
    "date time datetime timestamp ts day created updated at on start end when moment epoch dt"
    " dttm recorded ordered purchased opened closed"
)
_COUNTS = words("count counts n num number total amount sum quantity qty age years")


def words_of(name: str) -> list[str]:
    """Cut a name into its words: `CaseId`, `case_id` and `caseid` alike."""
    parts = [part.lower() for part in _PARTS.findall(name)] or [name.lower()]
    stem = parts[-1].removesuffix("id")
    return [*parts[:-1], stem, "id"] if stem != parts[-1] and stem in _WITH_IDS else parts


def names_an_id(name: str) -> bool:
    """Tell `PassengerId`, `id`, `order_uuid`, `Unnamed: 0`."""
    words = words_of(name)
    return (
        words[-1] in _IDS
        or words[0] in ("unnamed", "rownames")
        or (words[0] in _IDS and len(words) == 1)
        or words[0] == "id"
    )


def numbers_rows(name: str) -> bool:
    """Tell a name that fits a running number."""
    words = words_of(name)
    return names_an_id(name) or words[-1] in _NUMBERS_OF_ROWS or name in ("", "X", "i", "n")


def names_a_code(name: str, distinct: int) -> bool:
    """Tell `zip_code`, or `ShopType` with few values: numbers of such a column name something."""
    mine = words_of(name)
    if not _STRONG_CODES.isdisjoint(mine) or names_an_id(name):
        return True
    return mine[-1] in _NAMED or (distinct <= _FEW_CODES and mine[-1] in _CODES)


def calendar_values(name: str) -> int:
    """Give how many values a part of the calendar has that a name means; 0: it means none."""
    words = words_of(name)
    joined = "".join(words)
    if joined.endswith(("dayofweek", "weekday")):
        return 7
    return _CALENDAR.get(words[-1], 0)


def is_entity(name: str) -> bool:
    """Tell `customer_id`, `patient`, `id_user`: neither `customer_age` nor `num_accounts`."""
    mine = words_of(name)
    if len(mine) > 1 and mine[0] == "id":
        return mine[-1] in _ENTITIES
    if len(mine) > 1 and mine[-1] in _IDS | _NUMBERS_OF_ROWS:
        return mine[-2] in _ENTITIES
    return len(mine) == 1 and mine[0] in _ENTITIES


def is_of_a_person(name: str) -> bool:
    """Tell `date_of_birth`, `hired_at`: moments that do not order the rows."""
    return not _OF_PERSONS.isdisjoint(words_of(name))


def names_a_time(name: str) -> bool:
    """Tell `created_at`, `OrderDate`."""
    words = words_of(name)
    return not _TIMES.isdisjoint(words) or "".join(words).endswith(("date", "time"))


def names_a_count(name: str) -> bool:
    """Tell `n_rooms`, `age`."""
    return not _COUNTS.isdisjoint(words_of(name))
