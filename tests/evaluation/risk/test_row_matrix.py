"""Rows as a matrix, and which rows stand alone."""

from __future__ import annotations

import numpy as np

from tfx_pipeline.evaluation.risk.row_matrix import LinearTerms, RowMatrix, stands_alone

COLUMNS = {
    "n": np.array([1.0, np.nan, np.inf, 1e300]),
    "t": np.array(["b", "b", "a", ""], object),
}


def test_matrix_holds_numbers_and_places_of_texts_the_most_frequent_first() -> None:
    encoding = RowMatrix.of(COLUMNS, ("n", "t"))
    assert encoding.is_code == [False, True]
    found = encoding.matrix(COLUMNS)
    assert found[0].tolist() == [1, 0]
    assert np.isnan(found[1:3, 0]).all()
    assert found[3, 0] == 1e30
    assert found[:3, 1].tolist() == [0, 0, 1]
    assert np.isnan(found[3, 1])
    unseen = encoding.matrix({"n": np.zeros(1), "t": np.array(["c"], object)})
    assert unseen[0, 1] == 2


def test_linear_terms_scale_numbers_and_mark_codes_and_missing_cells() -> None:
    matrix = np.array([[1.0, 0.0], [3.0, 1.0], [np.nan, np.nan]])
    terms = LinearTerms.of(matrix, [False, True]).terms(matrix)
    assert terms[:, :2].tolist() == [[0, 0], [0, 0], [1, 1]]
    assert terms[:, 2].tolist() == [-1, 1, 0]
    assert terms[:, 3:5].tolist() == [[1, 0], [0, 1], [0, 0]]


def test_stands_alone_takes_missing_cells_as_equal() -> None:
    columns = {
        "n": np.array([1.0, 1.0, np.nan, np.nan, 2.0]),
        "t": np.array(["a", "a", "", "", "a"], object),
    }
    assert stands_alone(columns, ("n", "t")).tolist() == [False, False, False, False, True]
    assert stands_alone(columns, ("t",)).tolist() == [False] * 5
