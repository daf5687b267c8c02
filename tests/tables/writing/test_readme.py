from __future__ import annotations

from tests.tables.plans import feature, shop
from tfx_pipeline.tables.plan import ColumnPlan
from tfx_pipeline.tables.writing.readme_merge import merge_readme
from tfx_pipeline.tables.writing.readme_text import readme_text

SHOP = """\
# shop: 10 rows of shop.csv

**Label**: `bought`, Yes or No

**Source**: not said yet: who made this table, how and when, and where it can be had.

**Terms**: not said yet: its licence, and what may be done with it.

What the columns hold was measured by `tfx-pipeline init`, on all rows. What they mean, and in
which unit, a person knows: it has a column of its own. Running `init` again keeps it.

| column | meaning and unit | holds | missing | used as |
|---|---|---|---|---|
| `price` |  | something | 10 % | numeric feature: a reason |
| `yes` |  | something | 10 % | categorical feature: a reason |
| `id` |  | text | 0 % | nothing: each row has another one |
| `bought` |  | Yes or No | 0 % | label |

To know before modelling:
- `price` | knows much. look at it.
"""


def test_readme_has_a_line_for_each_column_and_places_to_complete() -> None:
    assert readme_text(shop(), "shop") == SHOP


def test_names_cannot_break_the_table() -> None:
    text = readme_text(shop(feature("a|b", kind="text"), feature("c`d", kind="text")), "shop")
    assert "| `a\\|b` |" in text and "| `` c`d `` |" in text


def test_what_a_person_completed_stays_and_figures_are_brought_up_to_date() -> None:
    mine = SHOP.replace("not said yet: its licence, and what may be done with it.", "CC0.")
    mine = mine.replace("| `price` |  |", "| `price` | what it costs, euros |")
    mine = mine.replace("\nTo know", "\nAsk Ada.\n\nTo know")
    other = ColumnPlan("size", "dropped", "numbers", None, "always 3", 10, 5, 1)
    now = readme_text(shop(feature("price", kind="bucketized"), other), "shop")
    text = merge_readme(SHOP, mine, now)
    assert "**Terms**: CC0.\n" in text and "\nAsk Ada.\n" in text
    line = "| `price` | what it costs, euros | something | 10 % | bucketized feature: a reason |"
    assert f"{line}\n| `size` |  | numbers | 50 % | nothing: always 3 |\n" in text
    assert "`yes`" not in text
    assert merge_readme(now, text, now) == text


def test_readme_that_nobody_touched_is_written_anew() -> None:
    now = readme_text(shop(), "shop").replace("10 rows", "20 rows")
    assert merge_readme(SHOP, SHOP, now) == now
    mine = SHOP + "more\n"
    assert merge_readme(SHOP, mine, now) == now + "more\n"
