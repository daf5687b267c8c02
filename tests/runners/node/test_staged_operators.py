"""The Launcher's operators: executors get folders of this machine, metadata gets URIs."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from tfx.dsl.components.base import base_executor
from tfx.orchestration.portable import data_types
from tfx.proto.orchestration import executable_spec_pb2, execution_result_pb2
from tfx.types import standard_artifacts

from tfx_pipeline.runners.node.staged_operators import STAGED_OPERATORS
from tfx_pipeline.storage import fileio

pytestmark = pytest.mark.slow


class Executor(base_executor.BaseExecutor):
    """Copies its input and notes paths in properties."""

    READS_LATER = ("later",)

    def Do(self, input_dict: Any, output_dict: Any, exec_properties: Any) -> Any:
        (given,), (later,), (made,) = input_dict["given"], input_dict["later"], output_dict["made"]
        assert fileio.is_uri(later.uri) == exec_properties["remote"]
        for place in (given.uri, made.uri, exec_properties["input_base"], self._get_tmp_dir()):
            assert os.path.isdir(place), place
        assert os.path.isdir(self._context.stateful_working_dir)
        text = Path(given.uri, "x").read_text() + Path(exec_properties["input_base"]).name[:5]
        Path(made.uri, "y").write_text(text)
        made.set_string_custom_property("given", given.uri)
        exec_properties["seen"] = f"{given.uri}/x"
        if exec_properties["end"] == "raise":
            raise ValueError("no")
        if exec_properties["end"] == "code":
            result = execution_result_pb2.ExecutorOutput()
            result.execution_result.code = 3
            return result
        return None


def python_spec() -> executable_spec_pb2.PythonClassExecutableSpec:
    return executable_spec_pb2.PythonClassExecutableSpec(class_path=f"{__name__}.Executor")


def beam_spec(*args: str) -> executable_spec_pb2.BeamExecutableSpec:
    return executable_spec_pb2.BeamExecutableSpec(
        python_executor_spec=python_spec(), beam_pipeline_args=args
    )


def execution(root: str, scratch: Path, end: str = "well") -> data_types.ExecutionInfo:
    given, later, made = (standard_artifacts.Model() for _ in range(3))
    given.uri, later.uri, made.uri = f"{root}/given/1", f"{root}/later/1", f"{root}/made/2"
    for name in ("temp", "state"):
        (scratch / name).mkdir(exist_ok=True)
    properties = {"input_base": f"{root}/base", "end": end, "remote": fileio.is_uri(root)}
    return data_types.ExecutionInfo(
        execution_id=2,
        input_dict={"given": [given], "later": [later]},
        output_dict={"made": [made]},
        exec_properties=properties,
        execution_output_uri=str(scratch / "output.pb"),
        stateful_working_dir=str(scratch / "state"),
        tmp_dir=str(scratch / "temp"),
    )


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    root = f"memory://{tmp_path.name}"
    fileio.write_bytes(f"{root}/given/1/x", b"x")
    fileio.write_bytes(f"{root}/base/table.csv", b"t")
    return root


def run(spec: Any, info: data_types.ExecutionInfo) -> execution_result_pb2.ExecutorOutput:
    return STAGED_OPERATORS[type(spec)](spec).run_executor(info)


@pytest.mark.parametrize(
    "spec", [python_spec(), beam_spec(), beam_spec("--runner=apache_beam.x.FnApiRunner")]
)
def test_staged_operator_gives_folders_and_returns_uris(
    spec: Any, root: str, tmp_path: Path
) -> None:
    info = execution(root, tmp_path)
    result = run(spec, info)
    (made,) = result.output_artifacts["made"].artifacts
    assert made.uri == f"{root}/made/2"
    assert made.custom_properties["given"].string_value == f"{root}/given/1"
    assert result.execution_properties["input_base"].string_value == f"{root}/base"
    assert result.execution_properties["seen"].string_value == f"{root}/given/1/x"
    assert fileio.read_bytes(f"{root}/made/2/y") == b"xinput"
    assert info.input_dict["given"][0].uri == f"{root}/given/1"
    assert info.output_dict["made"][0].uri == f"{root}/made/2"
    assert os.listdir(tempfile.gettempdir()) == []


def test_staged_operator_whose_executor_raises_writes_nothing(root: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no"):
        run(python_spec(), execution(root, tmp_path, "raise"))
    assert fileio.list_files(f"{root}/made") == {}
    assert os.listdir(tempfile.gettempdir()) == []


def test_staged_operator_whose_executor_returns_a_code_writes_nothing(
    root: str, tmp_path: Path
) -> None:
    result = run(python_spec(), execution(root, tmp_path, "code"))
    assert result.execution_result.code == 3
    assert fileio.list_files(f"{root}/made") == {}


def test_staged_operator_leaves_the_store_to_workers_elsewhere(root: str, tmp_path: Path) -> None:
    spec = beam_spec("--runner=DirectRunner", "--runner=DataflowRunner")
    with pytest.raises(AssertionError, match=f"{root}/given/1"):  # no folder of this machine
        run(spec, execution(root, tmp_path))


@pytest.mark.parametrize("spec", [python_spec(), beam_spec()])
def test_staged_operator_of_local_artifacts_uses_them_where_they_are(
    spec: Any, tmp_path: Path
) -> None:
    for name in ("given/1", "base", "made/2"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "given/1/x").write_text("x")
    result = run(spec, execution(str(tmp_path), tmp_path))
    (made,) = result.output_artifacts["made"].artifacts
    assert made.uri == str(tmp_path / "made/2")
    assert (tmp_path / "made/2/y").read_text() == "xbase"
