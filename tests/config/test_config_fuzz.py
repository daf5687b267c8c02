"""Whatever stands in a configuration file or an override: a configuration, or a ConfigError."""

from __future__ import annotations

import contextlib
from pathlib import Path

import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tfx_pipeline.config.loader import load_config, parse_override
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import ConfigError

_WORDS = st.sampled_from(
    ["no", "~", "null", "1", "010", "12:30", "2021-01-01", "2021-13-99", "=", "<<", "*a", "&a x",
     "!t", "|", ">", "- x", "[a, b]", "{a: b}", "'x'", '"', "# c", "", " ", "0b_", "1e999", ".nan",
     "name", "data", "label", "features", "kind", "numeric", "[[[", "${HOME}", "C:\\x", "\0", "\t"]
)  # fmt: skip
_TEXTS = st.one_of(_WORDS, st.text(max_size=12))
_KEYS = st.sampled_from(
    ["name", "data", "label", "features", "model", "evaluation", "push", "environment", "lookups",
     "path", "column", "task", "classes", "kind", "metrics", "slices", "thresholds", "metadata",
     "<<"]
)  # fmt: skip
_VALUES = st.recursive(
    st.one_of(_TEXTS, st.none(), st.booleans(), st.integers(), st.floats()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(_KEYS, _TEXTS), inner, max_size=4)
    ),
    max_leaves=12,
)
_WRITABLE = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
_SETTINGS = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def _load(folder: Path, text: str) -> PipelineConfig | None:
    file = folder / "c.yaml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with contextlib.suppress(ConfigError):
        return load_config(file).config
    return None


@_SETTINGS
@given(parts=st.lists(st.tuples(_KEYS, _TEXTS), max_size=6), indent=st.integers(0, 3))
def test_load_config_of_any_text_is_a_configuration_or_a_config_error(
    tmp_path: Path, parts: list[tuple[str, str]], indent: int
) -> None:
    _load(tmp_path, "".join(f"{' ' * (indent * i)}{k}: {v}\n" for i, (k, v) in enumerate(parts)))


@_SETTINGS
@given(values=st.dictionaries(_KEYS, _VALUES, max_size=6))
def test_load_config_of_any_values_is_a_configuration_or_a_config_error(
    tmp_path: Path, values: dict[str, object]
) -> None:
    valid = {
        "name": "c",
        "data": {"path": "d"},
        "label": {"column": "x", "task": "regression"},
        "features": {"f": {"kind": "numeric"}},
    }
    _load(tmp_path, yaml.safe_dump({**valid, **values}, allow_unicode=True))


@_SETTINGS
@given(key=st.one_of(_KEYS, _TEXTS), inner=_KEYS, value=_TEXTS)
def test_parse_override_of_any_text_is_a_source_or_a_config_error(
    key: str, inner: str, value: str
) -> None:
    for word in (key, f"{key}={value}", f"{key}.{inner}={value}"):
        with contextlib.suppress(ConfigError):
            parse_override(word)


@_SETTINGS
@given(first=_WRITABLE, second=_WRITABLE)
def test_load_config_gives_back_every_text_that_yaml_can_write(
    tmp_path: Path, first: str, second: str
) -> None:
    classes = [first, second]
    dumped = yaml.safe_dump(classes, allow_unicode=True, default_flow_style=True, width=10**6)
    assume(first != second and yaml.safe_load(dumped) == classes)
    text = (
        "name: c\ndata: d\nfeatures: {f: numeric}\n"
        f"label: {{column: x, task: binary, classes: {dumped.strip()}}}\n"
    )
    config = _load(tmp_path, text)
    assert config is not None and config.label.classes == (first, second)
