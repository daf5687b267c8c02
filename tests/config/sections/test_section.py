"""Names of columns, which may be anything in one line; and short forms of values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from tfx_pipeline.config.json_schema import render
from tfx_pipeline.config.loader import load_config
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.sections.section import ColumnName
from tfx_pipeline.errors import ConfigError

FORMS = [
    ("evaluation: {slices: [island]}", "evaluation: {slices: [[island]]}"),
    ("evaluation: {slices: island}", "evaluation: {slices: [[island]]}"),
    ("evaluation: {slices: [[island, sex], sex]}", "evaluation: {slices: [[island, sex], [sex]]}"),
    ("evaluation: {metrics: mae}", "evaluation: {metrics: [mae]}"),
    ("model: {hidden_units: 32}", "model: {hidden_units: [32]}"),
    ("model: {optimizer: sgd}", "model: {optimizer: {name: sgd}}"),
    ("model: {early_stopping: false}", "model: {early_stopping: null}"),
    ("model: {early_stopping: no}", "model: {early_stopping: null}"),
    ("model: {early_stopping: true}", "model: {early_stopping: {}}"),
    ("features: {island: categorical}", "features: {island: {kind: categorical}}"),
    ("features: {a: numeric, b: text}", "features: {a: {kind: numeric}, b: {kind: text}}"),
    (
        "features: {a: {kind: bucketized, boundaries: 5}}",
        "features: {a: {kind: bucketized, boundaries: [5.0]}}",
    ),
    (
        "features: {a: {kind: timestamp, parts: hour}}",
        "features: {a: {kind: timestamp, parts: [hour]}}",
    ),
    ("data: d/x.csv", "data: {path: d/x.csv}"),
    ("push: {infra_check: none}", "push: {infra_check: {server: none}}"),
    (
        "environment: {beam_options: --direct_num_workers=2}",
        "environment: {beam_options: [--direct_num_workers=2]}",
    ),
    (
        "environment: {runtime_parameters: model.epochs}",
        "environment: {runtime_parameters: [model.epochs]}",
    ),
    (
        "environment: {volumes: {claim: a, mount_path: /m}}",
        "environment: {volumes: [{claim: a, mount_path: /m}]}",
    ),
    (
        "environment: {secrets: {name: a, key: k, env: V}}",
        "environment: {secrets: [{name: a, key: k, env: V}]}",
    ),
]
SEPARATED = [
    ("evaluation: {metrics: 'mae, mse'}", "evaluation: {metrics: [mae, mse]}"),
    ("model: {hidden_units: '64,32'}", "model: {hidden_units: [64, 32]}"),
    ("environment: {beam_options: --a=1 --b}", "environment: {beam_options: [--a=1, --b]}"),
    (
        "environment: {runtime_parameters: 'model.epochs, model.seed'}",
        "environment: {runtime_parameters: [model.epochs, model.seed]}",
    ),
    ("model:\nevaluation:\npush:\nlookups:\n", ""),  # left empty
]
NAMES = TypeAdapter(ColumnName)
_VALID = "name: c\ndata: d\nlabel: {column: x, task: regression}\nfeatures: {f: numeric}\n"


def loaded(folder: Path, text: str) -> PipelineConfig:
    (folder / "env").mkdir(exist_ok=True)
    (folder / "c.yaml").write_text(_VALID, encoding="utf-8")
    (folder / "env/e.yaml").write_text(text, encoding="utf-8")
    return load_config(folder / "c.yaml", "e").config


@pytest.mark.parametrize(("short", "full"), FORMS + SEPARATED)
def test_load_config_with_short_form_equals_the_full_one(
    tmp_path: Path, short: str, full: str
) -> None:
    assert loaded(tmp_path, short) == loaded(tmp_path, full)


def test_load_config_with_short_form_below_an_overlay_keeps_what_it_says(tmp_path: Path) -> None:
    config = loaded(tmp_path, "data: {split: {train: 5}}\nfeatures: {f: {buckets: 3}}\n")
    assert (config.data.path, config.data.split.train) == ("d", 5)
    assert config.features["f"].model_dump()["kind"] == "numeric"
    assert config.features["f"].model_dump()["buckets"] == 3


@pytest.mark.parametrize("short", [short for short, _ in FORMS])
def test_schema_of_editors_accepts_short_forms(short: str) -> None:
    values: Any = {**yaml.safe_load(_VALID), **yaml.safe_load(short)}
    jsonschema.validate(values, json.loads(render()))


@pytest.mark.parametrize(
    ("short", "expected"),
    [
        ("evaluation: {slices: 'a, b'}", "[[a], [b]] for one slice each"),
        ("evaluation: {slices: ['a, b']}", "[[a], [b]] for one slice each"),
        ("evaluation: {metrics: {mae: 1}}", "evaluation.metrics"),
        ("evaluation: {thresholds: {mae: 0.9}}", "{min: …, max: …"),
        ("features: [island]", "a mapping of names, e.g. {name: {kind: …}}"),
        ("features: island", "a mapping of names"),
        (
            "features: {a: {kind: bucketized, boundaries: '1,5'}}",
            "a list of numbers, e.g. [1.5, 4]",
        ),
        ("features: {a: 5}", "features.a"),
        ("features: {a: {scale: none}}", "features.a.kind"),
        ("model: wide_deep", "a mapping: {family: …"),
        ("model: {early_stopping: 5}", "{patience: …"),
        ("label: species", "a mapping: {column: …"),
        ("model: {hidden_units: 64 32}", "a whole number"),
    ],
)
def test_load_config_with_doubtful_short_form_says_what_to_write(
    tmp_path: Path, short: str, expected: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, short)
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        *("bill length (mm)", "bill.length", "bill/length", "bill-length", "Schnabellänge"),
        *("1st_bill", "_bill", "a:b", "$price", "50%", "a=b", "it's", 'say "hi"', "a\\b", "x`y"),
        *("日本", "a\u00a0b", "class", " <=50K", "#", "*", "[x]", "{x}", "a,b", "a;b", "😀", "é"),
    ],
)
def test_column_name_may_be_any_text_in_one_line(name: str) -> None:
    assert NAMES.validate_python(name) == name


@pytest.mark.parametrize("name", ["a\tb", "a\nb", "a\rb", "\x00", "a\x7fb", "a\u2028b", "\u0085"])
def test_column_name_with_a_control_character_is_refused_in_words(name: str) -> None:
    with pytest.raises(ValidationError) as caught:
        NAMES.validate_python(name)
    assert "any text in one line" in str(caught.value)
    assert "pattern" not in str(caught.value)


def test_column_name_must_not_be_empty() -> None:
    with pytest.raises(ValidationError):
        NAMES.validate_python("")
