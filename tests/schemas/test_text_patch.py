"""A changed schema in the old text: the least is touched, and what is written is what was meant."""

from __future__ import annotations

import difflib
import random
from pathlib import Path

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from tests.schemas.conftest import schema_of
from tests.schemas.random_tables import random_schema
from tfx_pipeline.schemas.text_patch import patched_text
from tfx_pipeline.schemas.text_spans import field_spans

TEXT = """\
# Of the shop.
feature { # the price
  name: "price"  # in euros
  type: FLOAT
  float_domain { min: 0 max: 10 }  # cheap things
}

feature <
  name: 'kind' 'ly'
  type: BYTES; domain: "kinds",
>
string_domain {
  name: "kinds"
  # The old ones.
  value: "a"  # ale
  value: "b"
}
"""


def changed_lines(old: str, new: str) -> list[str]:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def patch(text: str, change: str) -> list[str]:
    """Change a schema by statements over `s`; give the lines that differ."""
    s = schema_of(text)
    exec(change, {"s": s, "schema_pb2": schema_pb2})
    new = patched_text(text, s)
    assert schema_of(new) == s
    return changed_lines(text, new)


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        (
            "s.feature[0].float_domain.max = 12.5",
            [
                "-  float_domain { min: 0 max: 10 }  # cheap things",
                "+  float_domain { min: 0 max: 12.5 }  # cheap things",
            ],
        ),
        ("s.string_domain[0].value.append('c')", ['+  value: "c"']),
        ("s.string_domain[0].value.remove('a')", ['-  value: "a"  # ale']),
        ("s.feature[0].not_in_environment.append('SERVING')", ['+  not_in_environment: "SERVING"']),
        (
            "s.feature[0].float_domain.ClearField('min')",
            [
                "-  float_domain { min: 0 max: 10 }  # cheap things",
                "+  float_domain { max: 10 }  # cheap things",
            ],
        ),
        (
            "s.feature[0].float_domain.disallow_inf = True",
            [
                "-  float_domain { min: 0 max: 10 }  # cheap things",
                "+  float_domain { min: 0 max: 10 disallow_inf: true }  # cheap things",
            ],
        ),
        ("s.feature[0].presence.min_fraction = 1", ["+  presence { min_fraction: 1 }"]),
        (
            "s.feature.add(name='new', type=schema_pb2.INT).int_domain.min = -3",
            ["+feature {", '+  name: "new"', "+  type: INT", "+  int_domain { min: -3 }", "+}"],
        ),
        ("s.default_environment.append('TRAINING')", ['+default_environment: "TRAINING"']),
        (
            "s.feature[1].type = schema_pb2.INT",
            ['-  type: BYTES; domain: "kinds",', '+  type: INT; domain: "kinds",'],
        ),
    ],
)
def test_patched_text_touches_only_what_differs(change: str, lines: list[str]) -> None:
    assert patch(TEXT, change) == lines


def test_patched_text_of_the_same_schema_is_the_same_text() -> None:
    assert patched_text(TEXT, schema_of(TEXT)) is TEXT


@pytest.mark.parametrize("value", ['a "quote"', "a\nline", "ä 日本", "back\\slash", "it's", ""])
def test_patched_text_writes_any_value(value: str) -> None:
    schema = schema_of(TEXT)
    schema.string_domain[0].value.append(value)
    assert schema_of(patched_text(TEXT, schema)) == schema


@pytest.mark.parametrize("seed", range(100))
def test_patched_text_is_the_schema_that_was_meant(seed: int, repository: Path) -> None:
    generator = random.Random(seed)
    old, new = random_schema(generator), random_schema(generator)
    one_line = bool(seed % 2)
    text = "# first\n" + text_format.MessageToString(old, as_one_line=one_line) + "\n# last\n"
    patched = patched_text(text, new)
    assert schema_of(patched) == new or _same_but_for_order(schema_of(patched), new)
    shipped = (repository / "schema/taxi/schema.pbtxt").read_text(encoding="utf-8")
    merged = schema_of(shipped)
    merged.feature.extend(new.feature)
    after = patched_text(shipped, merged)
    assert schema_of(after) == merged
    assert all(line.startswith("+") for line in changed_lines(shipped, after))


def _same_but_for_order(found: schema_pb2.Schema, wanted: schema_pb2.Schema) -> bool:
    def key(schema: schema_pb2.Schema) -> list[bytes]:
        return sorted(x.SerializeToString(deterministic=True) for x in schema.feature)

    return key(found) == key(wanted)


def test_patched_text_adds_to_a_list_where_it_stands() -> None:
    text = 'string_domain { name: "d" value: [\'a\', "b"] } # all\n'
    schema = schema_of(text)
    schema.string_domain[0].value[:] = ["a", "c"]
    assert patched_text(text, schema) == text.replace('"b"', '"c"')


def test_patched_text_writes_anew_what_it_does_not_know() -> None:
    text = 'string_domain: [{ name: "d" }, { name: "e" }] # gone\n'
    schema = schema_of(text)
    schema.string_domain[0].value.append("c")
    assert schema_of(patched_text(text, schema)) == schema


@pytest.mark.parametrize("text", ["feature {", "name: }", "a: [{}]", "a: 1 }", "a: @"])
def test_field_spans_of_what_is_no_text_proto_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=" "):
        field_spans(text)
