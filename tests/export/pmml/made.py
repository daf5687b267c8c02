"""Documents of the descriptions made by hand, and how answers are compared."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from tests.export.described_rows import rows_of
from tests.export.descriptions import HEAD_CASES, OPERATION_CASES, WHOLE, described, scaled
from tfx_pipeline.export import numpy_form
from tfx_pipeline.export.facts import ExportFacts, InputFacts
from tfx_pipeline.export.pmml.emitter import emit
from tfx_pipeline.export.rows import Answers, Rows
from tfx_pipeline.modules.description.columns import Column
from tfx_pipeline.modules.description.heads import Conditions, Tree, TreeColumns, TreesHead
from tfx_pipeline.modules.description.model_description import ModelDescription
from tfx_pipeline.modules.description.operations import CategoryId

LIMIT = 1e-6
"""Of probabilities, and of values in deviations of the label: some roundings of a float32."""
_HOSTILE = ("", "a&b", "x]y", "<=50K", "]]>", "tab\there", 'q"uote', " lead", "trail ", "new\nline")
_BAD_NAME = "a<\n\t&"
_MORE = {
    "n": [2.0**24, 2.0**24 + 1, 2.0**24 + 2, 2.0**24 + 3, 2.0**24 + 4, -0.3, -0.0, 1e300, -1e300],
    "t": ["2026-11-29T15:18:23-03:30", "2026-11-29 15:18+0530", " 2026-11-29\t", "2026-11-29T09Z"],
}
"""Cells that stand before those of `rows_of`."""
_NAMES = (*_HOSTILE, "cr\rx", "&amp;", "Ünï", "🚕")


def _named_badly() -> ModelDescription:
    """Columns called as answers are and as nothing else is, and names of all characters."""
    columns = [
        Column("probability", "float32"),
        Column("class", "string"),
        Column(_BAD_NAME, "string"),
    ]
    made = described(
        columns,
        [
            scaled("probability"),
            CategoryId("class_id", "class", _NAMES, 1, "k"),
            CategoryId("probability 2", _BAD_NAME, _NAMES[:5], 1, "k"),
        ],
    )
    answer = dataclasses.replace(made.answer, classes=("<=50K", ">50K & ]more"))
    return dataclasses.replace(made, answer=answer)


def _rounded() -> ModelDescription:
    """A tree that cuts a whole number where float32 cannot tell it from the next one."""
    number = scaled("n", origin=0.0, unit=1.0, farthest=float(np.finfo(np.float32).max))
    conditions = Conditions(
        np.zeros(2, np.int32),
        np.array([-np.inf, np.inf], np.float32),
        np.array([2.0**24, 2.0**24 + 2], np.float32),
        np.zeros(0, np.int32),
        (),
    )
    leaves = np.array([-1.0, 0.5, 2.0])
    tree = Tree(np.arange(2), np.array([1, -3]), np.array([-1, -2]), leaves)
    none = np.zeros((0, 2), np.int32)
    columns = TreeColumns(np.zeros(1, np.int32), none[:, 0], none, none[:, 0], none[:, 0])
    return described([WHOLE], [number], lambda *_: TreesHead(columns, conditions, (tree,), 1))


_ENDS = ("", "0", "7", "-3", str(2**63 - 2**10))

CASES = {
    **{name: x for name, x in (OPERATION_CASES | HEAD_CASES).items() if "hashed" not in name},
    "named_badly": _named_badly(),
    "rounded": _rounded(),
    "category_of_sizes": described([WHOLE], [CategoryId("n_id", "n", _ENDS, 1, "k")]),
}
"""All that PMML can say."""


def facts_of(description: ModelDescription) -> ExportFacts:
    """Say of each column less than what rows hold, so that cells are outside of it."""
    inputs = [
        InputFacts(x.name, x.type, True, "km", 'far & "wide"', 0.0, 3.0, ("a", "b", "?"))
        for x in description.columns
    ]
    example = {name: cells[0] for name, cells in rows(description).items()}
    answer = {name: values[0] for name, values in answers(description).items()}
    made_by = "tfx-pipeline 1.2"
    return ExportFacts("taxi", "7", tuple(inputs), "ab12", "CC0 1.0", made_by, example, answer)


@functools.cache
def document(name: str) -> bytes:
    return emit(CASES[name], facts_of(CASES[name]))


def rows(description: ModelDescription) -> Rows:
    made = dict(rows_of(description))
    for name, cells in _MORE.items():
        if name in made:
            made[name][: len(cells)] = cells
    if "class" in made:
        cells = np.array([*_NAMES, "lead", "trail", "tab here", "CR\rX"], object)
        made |= {name: np.resize(cells, 150) for name in ("class", _BAD_NAME)}
    return made


def answers(description: ModelDescription) -> Answers:
    with np.errstate(over="ignore"):
        return numpy_form.answers(description, rows(description))


def check_equal(name: str, found: Answers) -> None:
    description = CASES[name]
    expected = answers(description)
    assert found.keys() == expected.keys()
    for each, values in expected.items():
        if each == "class":
            np.testing.assert_array_equal(found[each], values)
            continue
        # Logits of absurd rows are large, and so is what a float32 of them cannot tell.
        relative = 1e-5 if each == "value" else 0
        scale = description.answer.deviation if each == "value" else 1
        np.testing.assert_allclose(found[each], values, relative, LIMIT * scale, err_msg=name)
