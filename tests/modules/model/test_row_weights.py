from __future__ import annotations

import numpy as np
import pytest

from tfx_pipeline.modules.model.row_weights import weigh
from tfx_pipeline.modules.model.transformed_rows import TransformedRows

pytestmark = pytest.mark.slow


def rows(labels, weight=None):
    weight = None if weight is None else np.array(weight, np.float32)
    return TransformedRows({}, np.asarray(labels), weight)


def test_weigh_nothing_wanted_gives_none():
    assert weigh(rows([0, 1], [1, 2]), {"weight": None}).weight is None
    assert weigh(rows([0, 1]), {}).weight is None


def test_weigh_balanced_equals_scikit_learn():
    from sklearn.utils.class_weight import compute_sample_weight

    labels = np.repeat([0, 2, 3], [70, 25, 5])  # no row is of class 1
    found = weigh(rows(labels), {"weight": "balanced"}).weight
    np.testing.assert_allclose(found, compute_sample_weight("balanced", labels), rtol=1e-6)
    assert found.dtype == np.float32 and found.mean() == pytest.approx(1)


def test_weigh_column_is_divided_by_its_mean():
    found = weigh(rows([0, 1, 1, 0], [0, 2, 4, 2]), {"weight": "w"}).weight
    assert found.tolist() == [0, 1, 2, 1]


@pytest.mark.parametrize(
    ("weight", "said"),
    [
        ([1, np.nan, np.nan], "2 of 3 training rows have no weight"),
        (
            [1, -2.5, 3],
            r"1 of 3 training rows have a negative weight in column 'w', -2.5 the first",
        ),
        ([1, np.inf, 3], "1 of 3 training rows have a weight beyond float32"),
        ([0, 0, 0], "all 3 training rows have the weight 0 in column 'w': there is nothing"),
    ],
)
def test_weigh_weights_that_are_none_raise_saying_how_many(weight, said):
    with pytest.raises(ValueError, match=said):
        weigh(rows([0, 1, 0], weight), {"weight": "w"})


def test_weigh_own_preprocessing_without_weights_raises():
    with pytest.raises(ValueError, match="preprocessing_fn returns no `label_weight`"):
        weigh(rows([0, 1]), {"weight": "w"})
