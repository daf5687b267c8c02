from __future__ import annotations

import dataclasses
import io
import json

import numpy as np
import pytest

from tests.export.descriptions import HEAD_CASES, OPERATION_CASES
from tfx_pipeline.modules.description.description_file import (
    LOCATION,
    NoDescriptionError,
    read_description,
    write_description,
)

DESCRIPTION = HEAD_CASES["blend_multiclass"]


def assert_same(found, expected):
    assert type(found) is type(expected)
    if isinstance(expected, np.ndarray):
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
    elif dataclasses.is_dataclass(expected):
        assert_same(dataclasses.asdict(found), dataclasses.asdict(expected))
    elif isinstance(expected, dict):
        assert list(found) == list(expected)  # the order counts
        assert_same(list(found.values()), list(expected.values()))
    elif isinstance(expected, tuple | list):
        assert len(found) == len(expected)
        for each, other in zip(found, expected, strict=True):
            assert_same(each, other)
    else:
        assert found == expected


@pytest.mark.parametrize("name", [*OPERATION_CASES, "blend_multiclass", "mlp_binary", "dnn_of_ids"])
def test_read_description_gives_what_was_written(tmp_path, name):
    expected = (OPERATION_CASES | HEAD_CASES)[name]
    write_description(tmp_path, expected)
    assert_same(read_description(tmp_path), expected)


def test_write_description_twice_gives_the_same_bytes(tmp_path):
    contents = []
    for _ in range(2):
        write_description(tmp_path, DESCRIPTION)
        contents.append((tmp_path / LOCATION).read_bytes())
    assert contents[0] == contents[1]


def test_read_description_of_an_earlier_model_says_what_to_do(tmp_path):
    with pytest.raises(
        NoDescriptionError, match=r"has no assets.extra/description.npz: .* run the"
    ):
        read_description(tmp_path)


def test_read_description_of_a_model_that_cannot_be_described_says_why(tmp_path):
    write_description(tmp_path, "it is a Thing")
    with pytest.raises(NoDescriptionError, match=r"cannot be described: it is a Thing$"):
        read_description(tmp_path)


def _changed(content: bytes, **changes) -> bytes:
    with np.load(io.BytesIO(content)) as members:
        members = {name: members[name] for name in members.files}
    text = json.loads(members["description.json"].tobytes())
    text |= changes
    members["description.json"] = np.frombuffer(json.dumps(text).encode(), np.uint8)
    members = {name: x for name, x in members.items() if name not in changes.get("without", ())}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **members)
    return buffer.getvalue()


def _array(_: bytes) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    return buffer.getvalue()


def _pickled(_: bytes) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **{"description.json": np.array([{}], object)})
    return buffer.getvalue()


DAMAGES = {
    "other_form": (lambda x: _changed(x, form=2), "its form is 2 and not 1"),
    "a_list": (lambda x: _changed(x, description=[1]), "it holds a tuple"),
    "an_answer": (
        lambda x: _changed(x, description={"is": "Answer", "task": "binary"}),
        "it holds a Answer",
    ),
    "unknown_type": (lambda x: _changed(x, description={"is": "Popen"}), "'Popen'"),
    "unknown_field": (lambda x: _changed(x, description={"is": "Answer", "x": 1}), "'x'"),
    "no_arrays": (lambda x: _changed(x, without=["float32"]), "'float32'"),
    "cut": (lambda x: x[: len(x) // 2], "no archive of NumPy, or not all"),
    "turned_bits": (lambda x: x[:200] + bytes([x[200] ^ 255]) + x[201:], ""),
    "empty": (lambda x: b"", "its 0 bytes are no archive"),
    "text": (lambda x: b"description", "its 11 bytes"),
    "array": (_array, "are no archive of NumPy"),
    "pickle": (_pickled, "allow_pickle"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_read_description_of_a_damaged_file_says_which(tmp_path, name):
    damage, how = DAMAGES[name]
    write_description(tmp_path, DESCRIPTION)
    file = tmp_path / LOCATION
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(ValueError, match="is no description of a model that this version") as error:
        read_description(tmp_path)
    assert not isinstance(error.value, NoDescriptionError)
    assert how in str(error.value)
    assert str(file) in str(error.value)
