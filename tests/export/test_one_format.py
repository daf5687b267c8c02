"""One format written, proven, put in its place; and kinds of TFLite, judged by the metric."""

import dataclasses

import numpy as np
import pytest

from tests.export.parity.described import PARSED, PLAIN_IDS, plain_description
from tests.export.parity.test_made_rows import REAL
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.export import numpy_form, quantised
from tfx_pipeline.export.errors import NotExportableError, ParityError
from tfx_pipeline.export.exported import RealRows, TfliteWish
from tfx_pipeline.export.facts import ExportFacts
from tfx_pipeline.export.formats import FORMATS
from tfx_pipeline.export.input_facts import input_facts
from tfx_pipeline.export.one_format import Export, export_format
from tfx_pipeline.export.parity.gate import ProvenRows
from tfx_pipeline.export.parity.made_rows import made_rows
from tfx_pipeline.modules.description.heads import Dense, NetworkHead

TFLITE = FORMATS["tflite"]
ROWS = 300


def network():
    random = np.random.default_rng(1)
    columns = 4 + 4 * 4

    def layer(inputs, units):
        kernel = random.normal(size=(inputs, units)) / np.sqrt(inputs)
        return Dense(kernel.astype(np.float32), np.zeros(units, np.float32))

    return NetworkHead(
        None,
        None,
        None,
        random.normal(size=(PLAIN_IDS, 4)).astype(np.float32),
        (layer(columns, 32),),
        "relu",
        layer(32, 1),
    )


class Reference:
    """The model: its NumPy form, and labels that follow it."""

    def __init__(self, model):
        self._model = model

    def __call__(self, rows):
        return numpy_form.answers(self._model, rows)

    def labels(self, examples):
        random = np.random.default_rng(2)
        return (random.random(len(examples)) < self.probabilities).astype(np.float64)


@pytest.fixture
def export(tmp_path):
    model = plain_description(network())
    random = np.random.default_rng(3)
    real = {
        name: cells[random.integers(0, len(cells), ROWS)]
        for name, cells in REAL.items()
        if name not in PARSED
    }
    real["fare"] = random.uniform(2, 40, ROWS).astype(np.float32)
    made = made_rows(model, real, 100)
    cells = {name: np.concatenate([values, made.cells[name]]) for name, values in real.items()}
    reference = Reference(model)
    answers = reference(cells)
    reference.probabilities = answers["probability"][:ROWS]
    proven = ProvenRows(cells, answers, (*({} for _ in range(ROWS)), *made.hurts), ROWS)
    facts = ExportFacts("taxi", "7", input_facts(model), "", "", "tests", {}, {})
    rows = RealRows(real, [b"row"] * ROWS, real)
    return Export(model, facts, reference, rows, proven, TfliteWish(), tmp_path)


def wishing(export, **wish):
    return dataclasses.replace(export, wish=TfliteWish(**wish))


def test_export_format_of_float32_is_proven_equal(export, tmp_path):
    report = export_format(TFLITE, export)
    assert (report.verdict, report.kind, report.losses) == ("equal", "", {})
    assert (report.rows, report.real_rows) == (ROWS + 100, ROWS)
    assert 0 < report.largest_difference <= 1e-6
    assert report.p50_ms > 0
    assert report.bytes == (tmp_path / "model.tflite").stat().st_size


def test_export_format_of_kinds_chooses_the_smallest_and_says_what_it_loses(export, tmp_path):
    export_format(TFLITE, export)
    exact = (tmp_path / "model.tflite").stat().st_size
    wish = {"kinds": ("float32", "float16", "dynamic"), "max_loss": 0.05}
    report = export_format(TFLITE, wishing(export, **wish))
    assert (report.verdict, report.kind, report.limit) == ("close", "dynamic", 0.05)
    assert report.bytes == (tmp_path / "model.tflite").stat().st_size < exact
    value, low, high = report.losses["log_loss"]
    assert low <= value <= high <= 0.05
    assert [each["kind"] for each in report.kinds] == [*wish["kinds"]]
    assert 1e-5 < report.largest_difference < 0.05


def test_export_format_of_a_kind_that_loses_without_a_word_about_it_is_refused(
    export, tmp_path, monkeypatch
):
    monkeypatch.setattr(quantised, "MAX_LOSS", 1e-9)
    report = export_format(TFLITE, wishing(export, kinds=("dynamic",)))
    assert (report.verdict, report.file) == ("refused", "")
    assert isinstance(report.error, ParityError)
    assert "export.budget.max_loss" in str(report.error)
    assert not (tmp_path / "model.tflite").exists()


def test_export_format_that_no_budget_allows_shows_the_table(export):
    report = export_format(TFLITE, wishing(export, kinds=("float32",), bytes=10))
    assert report.verdict == "not exportable"
    assert "over bytes" in str(report.error)


def test_export_format_of_kinds_needs_rows_whose_label_is_known(export):
    nobody = dataclasses.replace(export, rows=RealRows(export.rows.evaluation))
    report = export_format(TFLITE, wishing(nobody, kinds=("float16",)))
    assert isinstance(report.error, NotExportableError)
    assert "whose label is known" in str(report.error)


def test_export_format_of_int8_needs_rows_of_training(export):
    bare = dataclasses.replace(export, rows=dataclasses.replace(export.rows, training=None))
    with pytest.raises(ConfigError, match="int8 is calibrated"):
        export_format(TFLITE, wishing(bare, kinds=("int8",)))
