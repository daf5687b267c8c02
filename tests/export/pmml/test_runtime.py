import re

import numpy as np
import pytest

from tests.export.descriptions import FLOAT, described, scaled
from tests.export.pmml.made import CASES, answers, check_equal, document, facts_of, rows
from tfx_pipeline.export.pmml.emitter import emit
from tfx_pipeline.export.pmml.reading.elements import UnknownConstructError
from tfx_pipeline.export.pmml.runtime import load


@pytest.fixture
def loaded(tmp_path):
    def load_(content):
        (tmp_path / "model.pmml").write_bytes(content)
        return load(tmp_path / "model.pmml")

    return load_


@pytest.mark.parametrize("name", CASES)
def test_runtime_of_each_description_answers_as_numpy_form(name, loaded):
    check_equal(name, loaded(document(name))(rows(CASES[name])))


def test_runtime_of_no_rows_gives_empty_answers(loaded):
    for name in ("trees_multiclass", "mlp_regression", "linear_binary"):
        none = {x: cells[:0] for x, cells in rows(CASES[name]).items()}
        found = loaded(document(name))(none)
        assert {x: v.shape[1:] for x, v in found.items()} == {
            x: v.shape[1:] for x, v in answers(CASES[name]).items()
        }
        assert all(len(values) == 0 for values in found.values())


def test_runtime_of_more_rows_than_a_batch_keeps_their_order(loaded):
    description = described([FLOAT], [scaled("x")])
    cells = np.linspace(-3, 9, 5001).astype(np.float32)
    runtime = loaded(emit(description, facts_of(description)))
    found = runtime({"x": cells, "other": cells})["probability"]
    np.testing.assert_array_equal(found[4000:4200], runtime({"x": cells[4000:4200]})["probability"])


CHANGES = {
    "version": (b'version="4.4"', b'version="4.3"'),
    "namespace": (b"PMML-4_4", b"PMML-4_2"),
    "function": (b'function="max"', b'function="threshold"'),
    "activation": (b'activationFunction="rectifier"', b'activationFunction="Elliott"'),
    "operator": (b'operator="lessOrEqual"', b'operator="lessThan"'),
    "missing strategy": (b'missingValueStrategy="none"', b'missingValueStrategy="lastPrediction"'),
    "method": (b'multipleModelMethod="sum"', b'multipleModelMethod="average"'),
    "expression": (b"<FieldRef ", b"<TextIndex "),
    "attribute": (b"<FieldRef ", b'<FieldRef mapMissingTo="3" '),
    "element": (b"<NeuralOutputs>", b"<NeuralOutputs><Targets/>"),
    "set operator": (b'booleanOperator="isIn"', b'booleanOperator="isNotIn"'),
    "closure": (b'closure="closedOpen"', b'closure="openClosed"'),
    "second child": (b"</Node><Node><True/>", b"</Node><Node><False/>"),
    "doctype": (b"<PMML ", b"<!DOCTYPE PMML><PMML "),
    "segment": (b'<Segment id="answer"><True/>', b'<Segment id="answer"><False/>'),
    "normalization": (b'normalizationMethod="softmax"', b'normalizationMethod="simplemax"'),
}


@pytest.mark.parametrize("change", CHANGES)
def test_load_of_what_is_not_written_refuses(change, loaded):
    old, new = CHANGES[change]
    content = document("blend_multiclass")
    assert old in content
    with pytest.raises(UnknownConstructError, match="is not one that this evaluator knows"):
        loaded(content.replace(old, new))


def test_load_of_no_xml_says_so(loaded):
    with pytest.raises(ValueError, match=r"model\.pmml is no XML"):
        loaded(document("linear_binary")[:-9])
    with pytest.raises(ValueError, match=r"model\.pmml is no XML"):
        loaded(b"")


def test_runtime_of_other_cells_says_which(loaded):
    runtime = loaded(document("linear_binary"))
    cells = dict(rows(CASES["linear_binary"]))
    with pytest.raises(ValueError, match="rows have no column 'n'; they have x"):
        runtime({"x": cells["x"]})
    with pytest.raises(ValueError, match="column 'x' holds numbers: could not convert"):
        runtime(cells | {"x": np.array(["far"] * 150, object)})
    with pytest.raises(ValueError, match="column 't' holds texts: received a float"):
        runtime(cells | {"t": np.full(150, 1.5)})
    with pytest.raises(ValueError, match=r"columns of one length are needed.*'t': 149"):
        runtime(cells | {"t": cells["t"][1:]})


def test_runtime_with_a_missing_value_in_a_function_refuses(loaded):
    # What one evaluator refuses another must not answer: each function is guarded.
    content = document("scaled")
    guard = re.search(rb'<Apply function="isNotMissing">.*?</Apply>', content)
    assert guard is not None
    always = b'<Apply function="equal"><Constant dataType="double">1</Constant>' * 1
    always += b'<Constant dataType="double">1</Constant></Apply>'
    runtime = loaded(content.replace(guard[0], always))
    with pytest.raises(ValueError, match="the function '-' is given a missing value"):
        runtime(rows(CASES["scaled"]))
