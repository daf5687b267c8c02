"""The classes of a label: their order, and whether each has enough rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfx_pipeline.errors import ConfigError, DataError, Problem
from tfx_pipeline.tables.column_sample import ColumnSample
from tfx_pipeline.tables.kinds.names import words, words_of
from tfx_pipeline.tables.label_cells import LabelCells
from tfx_pipeline.tables.plan import Alternative, Finding
from tfx_pipeline.wording import counted, listed, percent

_MOST_CLASSES = 1000
_FEW_ROWS = 10
_RARE_SHARE = 0.05
_NEGATIVE = words(
    "no n false f 0 -1 off negative neg absent none healthy normal benign dead died loss lost fail"
    " failed reject rejected bad nein non without inactive closed stay stayed legit genuine ham"
    " nonspam"
)
_POSITIVE = words(
    "yes y true t 1 on positive pos present sick ill abnormal malignant alive survived win won pass"
    " passed accept accepted good ja oui with active open churn churned left fraud spam default"
    " defaulted"
)


def ordered_classes(column: ColumnSample, cells: LabelCells, task: str) -> tuple[list[str], str]:
    """Order the classes: negative first; else as numbers, or the alphabet, order them."""
    texts, counts = cells.texts, cells.counts
    if task == "binary" and len(texts) == 2:
        first, second = texts
        called = [text for text in texts if _calls(column.name, text)]
        if len(called) == 1:
            order = sorted(texts, key=called.__contains__)
            return order, f"; `{order[1]}` is the positive class, as the column is called"
        said = {text: _sign(text) for text in texts}
        if said[first] != said[second] and 0 not in said.values():
            order = sorted(texts, key=lambda text: said[text])
            return order, f"; `{order[1]}` is the positive class, by its name"
        if column.numbers is not None:
            return texts, f"; {texts[1]} is the positive class, the larger one"
        rows = dict(zip(texts, counts.tolist(), strict=True))
        order = sorted(texts, key=lambda text: (-rows[text], text))
        share = percent(rows[order[1]] / sum(rows.values()))
        return order, f"; `{order[1]}` is the positive class, the rarer one ({share})"
    if column.numbers is not None:
        return texts, ""
    return sorted(texts), ""


def _calls(name: str, text: str) -> bool:
    """Tell a column that is called after one of its values: `dead`, of `dead` and `alive`."""
    mine = words_of(text)
    if not any(map(str.isalpha, mine)):
        return False
    return f" {' '.join(mine)} " in f" {' '.join(words_of(name))} "


def _sign(text: str) -> int:
    word = text.strip().strip(".").lower()
    if word in _NEGATIVE or word.startswith(("not ", "no ", "non-", "non ", "un", "not_", "no_")):
        return -1
    return 1 if word in _POSITIVE else 0


def check_classes(column: ColumnSample, cells: LabelCells, asked_task: str | None) -> list[Finding]:
    """Look at the number of rows of each class.

    Raises:
        ConfigError: there are too few or too many for the task that was asked for.
        DataError: there are too many, or one of them has one row.
    """
    texts, counts, known = cells.texts, cells.counts, cells.known
    distinct = len(texts)
    if asked_task and (asked_task == "binary") != (distinct == 2):
        what = f"the label `{column.name}` has {distinct:,} different values"
        allowed = "two values of a binary label, three or more of multi-class"
        raise ConfigError([Problem(what, "--task", asked_task, allowed)])
    if distinct > _MOST_CLASSES or distinct > known / 2:
        what = f"the label has {distinct:,} different values in {counted(known, 'row')}"
        allowed = "two rows of each class on average, better a hundred"
        if distinct > _MOST_CLASSES:
            allowed = f"up to {_MOST_CLASSES:,} classes"
        step = "name another column, or make fewer classes of these"
        if column.numbers is not None:
            step = "let it be a number: --task regression"
        raise label_error(column, what, allowed=allowed, step=step)
    alone = [text for text, count in zip(texts, counts, strict=True) if count == 1]
    if alone and cells.are_all:
        verb = "has" if len(alone) == 1 else "have"
        what = f"{len(alone)} of {distinct} classes {verb} one row only"
        step = "leave such rows out, or write a common class for them"
        raise label_error(
            column, what, listed([f"`{x}`" for x in alone]), "two rows at least", step
        )
    findings = _spelled_alike(column, texts)
    few = {t: int(c) for t, c in zip(texts, counts, strict=True) if c < _FEW_ROWS}
    if few and cells.are_all:
        shown = listed([f"`{text}` {count}" for text, count in few.items()])
        text = f"classes with fewer than {_FEW_ROWS} rows: {shown}; they can hardly be learned"
        findings.append(Finding((column.name,), text, "put them together with others"))
    rarest = counts.min() / known
    if rarest < _RARE_SHARE and distinct == 2:
        name = texts[int(np.argmin(counts))]
        text = f"`{name}` is rare: {percent(rarest)} of the rows"
        step = "look at pr_auc rather than accuracy; label.weight: balanced counts it as much"
        findings.append(Finding((column.name,), text, step))
    return findings


def _spelled_alike(column: ColumnSample, texts: Sequence[str]) -> list[Finding]:
    """Find classes that differ by blanks, or by small and capital letters only."""
    spellings: dict[str, list[str]] = {}
    for text in texts:
        spellings.setdefault(" ".join(text.split()).casefold(), []).append(text)
    alike = [group for group in spellings.values() if len(group) > 1]
    if not alike:
        return []
    shown = "; ".join(listed([f"`{text}`" for text in sorted(group)], 4) for group in alike[:3])
    text = f"classes that differ by blanks or capital letters only: {shown}"
    step = "write each class in one way in the table, unless these are different ones"
    return [Finding((column.name,), text, step)]


def other_labels(
    column: ColumnSample, classes: list[str], cells: LabelCells, task: str
) -> tuple[Alternative, ...]:
    """Give other sections `label` that would do."""
    found = []
    if task == "multiclass" and column.numbers is not None:
        found.append(
            Alternative({"column": column.name, "task": "regression"}, "if the numbers are amounts")
        )
    if task == "binary" and cells.counts.min() / cells.known < _RARE_SHARE:
        balanced = {"column": column.name, "task": task, "weight": "balanced"}
        if classes != ["0", "1"]:
            balanced["classes"] = classes  # type: ignore[assignment]
        found.append(Alternative(balanced, "to count rows of both classes as much"))
    return tuple(found)


def label_error(
    column: ColumnSample,
    what: str,
    received: str | None = None,
    allowed: str | None = None,
    step: str | None = None,
) -> DataError:
    """Make the error of a label that nothing can be learned from."""
    problem = Problem(what, f"column `{column.name}`", received, allowed, step)
    return DataError([problem], "the label cannot be learned")
