"""Which rows the model itself has no one answer to, for rounding."""

import numpy as np
import pytest

from tests.export.parity.described import description, trees
from tests.export.parity.numpy_format import NumpyFormat, operation_changed
from tfx_pipeline.export import numpy_form
from tfx_pipeline.export.errors import ParityError
from tfx_pipeline.export.facts import ExportFacts
from tfx_pipeline.export.parity.gate import ProvenRows, prove
from tfx_pipeline.export.parity.steadiness import noise_of
from tfx_pipeline.modules.description.heads import Dense, NetworkHead
from tfx_pipeline.modules.description.model_description import Answer

FACTS = ExportFacts("taxi", "7", (), "", "", "tests", {}, {})
KERNEL = np.float32([[1], [0], [0], [-2.0], [0]])  # fare less twice the price, in deviations


def network():
    layer = Dense(np.zeros((10, 1), np.float32), np.zeros(1, np.float32))
    wide = Dense(KERNEL, np.zeros(1, np.float32))
    ids = np.zeros((45, 1), np.float32)
    return NetworkHead(None, wide, ids, np.zeros((45, 1), np.float32), (), "relu", layer)


MODEL = description(network(), Answer("regression", mean=0.0, deviation=1.0))


def rows(fares, prices):
    count = len(fares)
    return {
        "fare": np.float32(fares),
        "miles": np.ones(count, np.float32),
        "area": np.full(count, 7.0),
        "started": np.zeros(count),
        "way": np.full(count, "Cash", object),
        "price": np.array(prices, object),
        "day": np.full(count, "01.01.2020", object),
        "size": np.full(count, "small", object),
    }


def test_noise_is_large_only_where_far_numbers_cancel():
    # Scaled: 5 and 1; 250,000 and 0; 250,000 and 125,000 - which cancel.
    cells = rows([30, 1_000_010, 1_000_010], ["120", "100", "2500100"])
    near, alone, cancelling = noise_of(MODEL, cells)
    assert near == 0
    assert alone <= 1e-5
    assert cancelling > 0.1


def test_noise_at_a_threshold_of_trees_is_none():
    assert noise_of(description(trees()), rows([12.0], ["100"])).tolist() == [0]


@pytest.mark.parametrize("origin", [10.001, 11.0])
def test_prove_forgives_rounding_in_far_rows_and_no_wrong_mean(tmp_path, origin):
    cells = rows([1_000_010, 30], ["2500100", "120"])
    answers = dict(numpy_form.answers(MODEL, cells))
    # As another order of the sum gives:
    answers["value"] = answers["value"] + np.float32([0.05, 0])
    proven = ProvenRows(cells, answers, ({"fare": "huge"}, {}), 0)
    exact = NumpyFormat()
    wrong = NumpyFormat(broken=operation_changed("fare_scaled", origin=origin))
    path = tmp_path / "model.npz"
    path.write_bytes(exact.emit(MODEL, FACTS))
    found = prove(MODEL, FACTS, exact, exact.load(path), proven)
    assert (found.unsteady, found.largest_difference) == (1, 0)
    path.write_bytes(wrong.emit(MODEL, FACTS))
    with pytest.raises(ParityError):
        prove(MODEL, FACTS, wrong, wrong.load(path), proven)


def test_prove_never_forgives_nan(tmp_path):
    cells = rows([1_000_010], ["2500100"])
    answers = numpy_form.answers(MODEL, cells)
    proven = ProvenRows(cells, answers, ({"fare": "huge"},), 0)
    with pytest.raises(ParityError):
        prove(MODEL, FACTS, NumpyFormat(), lambda _: {"value": np.float32([np.nan])}, proven)
