import json
import typing
from xml.etree import ElementTree

import pytest

from tests.export.descriptions import OPERATION_CASES, TEXT, described, scaled
from tests.export.pmml import jpmml, pypmml
from tests.export.pmml.made import CASES, check_equal, document, facts_of, rows
from tfx_pipeline.export.errors import NotExportableError
from tfx_pipeline.export.pmml.emitter import LACKS, emit
from tfx_pipeline.export.pmml.writing.model import HEADS
from tfx_pipeline.export.pmml.writing.operations import OPERATIONS
from tfx_pipeline.modules.description.columns import Column
from tfx_pipeline.modules.description.heads import Head
from tfx_pipeline.modules.description.operations import CategoryId, IsMissing, Operation

PMML = "{http://www.dmg.org/PMML-4_4}"


def test_tables_have_each_type_of_operation_and_head():
    assert OPERATIONS.keys() | LACKS.keys() == set(typing.get_args(Operation))
    assert set(HEADS) == set(typing.get_args(Head))


def test_emit_twice_gives_the_same_bytes():
    for name in ("blend_binary", "moments_zone", "words_weighed"):
        assert emit(CASES[name], facts_of(CASES[name])) == document(name)


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("category_hashed", "set features.t.oov_buckets to 1, and train again"),
        ("words_hashed", "set features.t.max_vocabulary, and train again"),
    ],
)
def test_emit_of_a_hash_refuses_and_names_the_setting(name, setting):
    description = OPERATION_CASES[name]
    with pytest.raises(NotExportableError, match="cannot be written as PMML") as caught:
        emit(description, facts_of(description))
    assert setting in str(caught.value)


def test_emit_of_a_name_that_xml_cannot_hold_refuses():
    operation = CategoryId("t_id", "t", ("", "bell\a"), 1, "k")
    description = described([TEXT], [operation])
    with pytest.raises(NotExportableError, match="XML") as caught:
        emit(description, facts_of(description))
    assert r"'bell\x07'" in str(caught.value)


def test_emit_says_what_is_known_of_the_model():
    root = ElementTree.fromstring(document("marks"))
    header = root.find(f"{PMML}Header")
    assert header.attrib == {"description": "taxi", "modelVersion": "7"}
    said = {x.get("name"): x.get("value") for x in header.findall(f"{PMML}Extension")}
    assert said.keys() == {"data_fingerprint", "licence", "example", "answer"}
    assert (said["data_fingerprint"], said["licence"]) == ("ab12", "CC0 1.0")
    assert json.loads(said["example"]).keys() == {"x", "n"}
    assert json.loads(said["answer"]).keys() == {"probability", "class"}
    application = header.find(f"{PMML}Application")
    assert application.attrib == {"name": "tfx-pipeline", "version": "1.2"}
    (verified,) = root.iter(f"{PMML}ModelVerification")
    assert verified.get("recordCount") == "1"


def test_emit_says_what_is_known_of_columns():
    root = ElementTree.fromstring(document("marks"))
    x, n, target = root.find(f"{PMML}DataDictionary")
    assert (x.get("dataType"), n.get("dataType"), target.get("dataType")) == (
        *("float", "double", "string"),
    )
    assert x.get("displayName") == 'far & "wide"'
    assert x.find(f"{PMML}Extension").attrib == {"name": "unit", "value": "km"}
    interval = x.find(f"{PMML}Interval").attrib
    assert interval == {"closure": "closedClosed", "leftMargin": "0", "rightMargin": "3"}
    missing = [v.get("value") for v in x.findall(f"{PMML}Value") if v.get("property") == "missing"]
    assert missing == ["NaN", "INF", "-INF", "Infinity", "-Infinity", "9999", "-1"]
    (model,) = root.findall(f"{PMML}RegressionModel")
    fields = model.find(f"{PMML}MiningSchema")
    treatments = {x.get("name"): x.get("invalidValueTreatment") for x in fields}
    assert treatments == {"x": "asIs", "n": "asIs", "target": None}
    cell = ElementTree.fromstring(document("category")).find(f"{PMML}DataDictionary")[0]
    values = [(v.get("value"), v.get("property")) for v in cell.findall(f"{PMML}Value")]
    assert values == [("", "missing"), ("a", None), ("b", None), ("?", None)]


def test_emit_of_ten_times_the_columns_is_ten_times_as_long():
    few, many = (len(emit(x, facts_of(x))) for x in map(_wide, (30, 300)))
    assert many < 11 * few


def _wide(count):
    columns = [Column(f"c{i}", "float32") for i in range(count)]
    operations = [
        operation
        for x in columns
        for operation in (scaled(x.name), IsMissing(f"{x.name}_missing", x.name))
    ]
    return described(columns, operations)


@pytest.mark.slow
@pytest.mark.skipif(bool(jpmml.why_not()), reason=jpmml.why_not())
def test_jpmml_finds_each_document_valid_and_answers_as_numpy_form(tmp_path):
    cases = {name: (document(name), rows(x)) for name, x in CASES.items()}
    found = jpmml.evaluate(cases, tmp_path)
    for name, answers in found.items():
        assert not isinstance(answers, str), f"{name}: {answers}"
        check_equal(name, jpmml.as_answers(answers))


@pytest.mark.slow
@pytest.mark.skipif(bool(pypmml.why_not()), reason=pypmml.why_not())
def test_pypmml_answers_as_numpy_form_but_where_texts_are_parsed(tmp_path):
    names = ["linear_binary", "trees_binary", "mlp_binary", "dnn_gelu_multiclass", "words_weighed"]
    names += ["category_marks", "moments_zone", "blend_regression", "named_badly"]
    cases = {name: (document(name), rows(CASES[name])) for name in names}
    found = pypmml.evaluate(cases, tmp_path)
    for name in names:
        check_equal(name, jpmml.as_answers(found[name]))
