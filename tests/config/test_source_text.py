"""What was written is what is read, wherever a field's type is a text."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import ConfigError

WORDS = [
    "no", "yes", "on", "off", "true", "False", "y", "n", "null", "Null", "~", "0", "1", "1.0",
    "007", "010", "0x10", "0b11", "0b_", "1e3", "1_000", "+5", ".5", ".inf", ".nan", "12:30",
    "1:30:00", "2021-01-01", "2021-13-45", "2021-01-01 10:00:00", "=", "<=50K", "-", "17031081800",
    "12345678901234567890123",
]  # fmt: skip
"""Texts that YAML, or one of its versions, takes for something else."""


def load(folder: Path, text: str, *overrides: str, env: str | None = None) -> PipelineConfig:
    file = folder / "c.yaml"
    file.write_text(text, encoding="utf-8")
    return load_config(file, env, overrides).config


def pipeline(label: str = "{column: x, task: regression}", more: str = "") -> str:
    return f"name: c\ndata: {{path: d}}\nlabel: {label}\nfeatures: {{f: numeric}}\n{more}"


@pytest.mark.parametrize("word", [word for word in WORDS if word != "-"])
def test_load_config_with_plain_word_as_class_takes_its_text(tmp_path: Path, word: str) -> None:
    label = f"{{column: x, task: binary, classes: [{word}, other]}}"
    assert load(tmp_path, pipeline(label)).label.classes == (word, "other")


@pytest.mark.parametrize("word", WORDS)
def test_load_config_with_plain_word_by_override_takes_its_text(tmp_path: Path, word: str) -> None:
    assert load(tmp_path, pipeline(), f"data.path={word}").data.path == word


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        ("[no, yes]", ("no", "yes")),
        ("no, yes", ("no", "yes")),
        ("[0, 1]", ("0", "1")),
        ("[1.0, 2.0]", ("1.0", "2.0")),
        ("['no', \"yes\"]", ("no", "yes")),
        ("[on, off]", ("on", "off")),
        ("[null, x]", ("null", "x")),
        ("[~, x]", ("~", "x")),
        ("[2021-01-01, 2021-01-02]", ("2021-01-01", "2021-01-02")),
        ("[!!str 1, 2]", ("1", "2")),
        ("[&a no, yes]", ("no", "yes")),
        ("\n  - no\n  - yes", ("no", "yes")),
    ],
)
def test_load_config_with_classes_in_any_style_takes_their_texts(
    tmp_path: Path, classes: str, expected: tuple[str, ...]
) -> None:
    label = f"\n  column: x\n  task: binary\n  classes: {classes}"
    text = f"name: c\ndata: d\nfeatures: {{f: numeric}}\nlabel:{label}\n"
    assert load(tmp_path, text).label.classes == expected
    flow = classes.strip()
    if not flow.startswith("-"):
        changed = load(tmp_path, pipeline("{column: x, task: binary}"), f"label.classes={flow}")
        assert changed.label.classes == expected


@pytest.mark.parametrize(
    "name", ["on", "no", "y", "null", "off", "Yes", "true", "_1", "NULL", "e3"]
)
def test_load_config_with_column_called_like_a_yaml_value_keeps_its_name(
    tmp_path: Path, name: str
) -> None:
    config = load(
        tmp_path,
        f"name: c\ndata: d\nlabel: {{column: {name}_, task: regression}}\n"
        f"features: {{{name}: categorical}}\n"
        f"lookups: {{a{name}: {{key: {name}, value: {name}}}}}\n"
        f"evaluation: {{slices: [{name}, [{name}, f]]}}\n",
    )
    assert list(config.features) == [name]
    assert (config.lookups[f"a{name}"].key, config.lookups[f"a{name}"].value) == (name, name)
    assert config.evaluation.slices == ((name,), (name, "f"))
    changed = load(tmp_path, pipeline(), f"features.{name}.kind=categorical")
    assert list(changed.features) == ["f", name]


def test_load_config_with_overlay_forgets_the_texts_below(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    overlay = "label: {classes: ['1.0', yes, \"no\"]}\nenvironment: {job: {labels: {a: 010}}}\n"
    (tmp_path / "env/e.yaml").write_text(overlay)
    label = "{column: x, task: multiclass, classes: [no, on, 3, 4]}"
    text = pipeline(label, "environment: {job: {labels: {a: no, b: 1.0}}}")
    config = load(tmp_path, text, "environment.job.labels.c=off", env="e")
    assert config.label.classes == ("1.0", "yes", "no")
    assert config.environment.job.labels == {"a": "010", "b": "1.0", "c": "off"}


def test_load_config_with_merge_key_and_alias_takes_texts_of_both(tmp_path: Path) -> None:
    more = (
        "environment:\n  steps:\n    default: &d {cpu: 1, node_selector: {a: no, b: 1}}\n"
        "    Trainer: {<<: *d, cpu: 2}\n    Evaluator: *d\n"
    )
    steps = load(tmp_path, pipeline(more=more)).environment.steps
    assert steps["Trainer"].node_selector == {"a": "no", "b": "1"}
    assert (steps["default"].cpu, steps["Trainer"].cpu) == (1, 2)
    assert steps["Evaluator"] == steps["default"]


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        ("environment.cache", "no", False),
        ("environment.cache", "on", True),
        ("environment.cache", "OFF", False),
        ("data.refuse_warnings", "yes", True),
        ("data.refuse_warnings", "true", True),
        ("model.epochs", "0x10", 16),
        ("model.epochs", "1_000", 1000),
        ("model.epochs", "010", 10),  # YAML 1.1 reads eight
        ("model.optimizer.learning_rate", "1e-3", 0.001),
        ("model.dropout", ".5", 0.5),
        ("label.rule", "null", None),
        ("label.rule", "", None),
        ("data.schema_file", "~", None),
        ("push.model_name", "NULL", None),
        ("model.early_stopping", "null", None),
        ("environment.metadata.port", "3306", 3306),
    ],
)
def test_load_config_with_other_types_keeps_the_meaning(
    tmp_path: Path, field: str, text: str, expected: Any
) -> None:
    value: Any = load(tmp_path, pipeline(), f"{field}={text}")
    for key in field.split("."):
        value = getattr(value, key)
    assert value == expected and type(value) is type(expected)


@pytest.mark.parametrize("text", ["12:30", "1:30:00", "0b_", "2021-01-01", "no", "1.5"])
def test_load_config_with_what_is_no_whole_number_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, pipeline(), f"model.epochs={text}")
    assert "`model.epochs`" in str(caught.value)


@pytest.mark.parametrize(
    ("repeated", "name"),
    [
        ("a: numeric, a: text", "a"), ("1: numeric, '1': text", "1"), ("on: text, on: text", "on"),
        ("no: text, 'no': text", "no"), ("~: text, ~: text", "~"), ("1.0: text, 1.0: text", "1.0"),
    ],
)  # fmt: skip
def test_load_config_with_a_key_given_twice_names_its_text(
    tmp_path: Path, repeated: str, name: str
) -> None:
    with pytest.raises(ConfigError, match="given twice") as caught:
        load(tmp_path, f"name: c\nfeatures: {{{repeated}}}\n")
    assert f"`{name}` is given twice" in str(caught.value)


def test_load_config_with_keys_that_yaml_takes_for_one_value_keeps_both(tmp_path: Path) -> None:
    text = pipeline(more="environment: {job: {labels: {on: a, yes: b, true: c, 1: d, 1.0: e}}}")
    labels = load(tmp_path, text).environment.job.labels
    assert labels == {"on": "a", "yes": "b", "true": "c", "1": "d", "1.0": "e"}


@pytest.mark.parametrize(
    "text",
    [
        "a: &x [*x]", "a: &x {b: *x}", "a: " + "[" * 5000, "? [a]\n: b", "? {a: b}\n: c",
        "a: !!python/object:os.system x", "a: !unknown x", "a: b: c", "a: *nowhere", "\t- a",
        "x: &a [1,1,1,1,1,1,1,1,1]\n"
        + "".join(
            f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n"
            for before, name in pairwise("abcdefgh")
        ),
    ],
)  # fmt: skip
def test_load_config_with_odd_yaml_is_refused_in_words(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert "c.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("environment.vertex.network=my #1/x: y.csv", "my #1/x: y.csv"),
        ("environment.vertex.network=*.csv", "*.csv"),
        ("environment.vertex.network=&x", "&x"),
        ("environment.vertex.network=!x", "!x"),
        ("environment.vertex.network=a=b", "a=b"),
        ("environment.vertex.network=%x", "%x"),
        ("environment.vertex.network=@x", "@x"),
        ("environment.vertex.network=- x", "- x"),
        ("environment.vertex.network=C:\\x", "C:\\x"),
        ('environment.vertex.network="a #b"', "a #b"),
        ("environment.vertex.network=it's", "it's"),
        ("environment.vertex.network={pipeline}/x", "{pipeline}/x"),
        ("environment.vertex.network=[v2]", "[v2]"),
        *((f"environment.vertex.network={x}", x) for x in ("*", "&", "!", "<<", "=", "|", ">")),
        ('"environment".vertex."network"=x', "x"),
    ],
)
def test_load_config_with_override_takes_the_text_letter_by_letter(
    tmp_path: Path, override: str, expected: str
) -> None:
    assert load(tmp_path, pipeline(), override).environment.vertex.network == expected


def test_load_config_with_quoted_name_in_override_reaches_a_name_with_dots(tmp_path: Path) -> None:
    labels = load(tmp_path, pipeline(), 'environment.job.labels."a.b=c"=1').environment.job.labels
    assert labels == {"a.b=c": "1"}
