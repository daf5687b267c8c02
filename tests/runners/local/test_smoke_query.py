"""The smoke query: its answers, and what becomes of a version that it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.deployment.conftest import listed_versions
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.deployment.model_versions import versions_on_disk
from tfx_pipeline.deployment.version_label_file import VersionLabelFile
from tfx_pipeline.errors import PipelineError, Problem
from tfx_pipeline.modules.smoke_rows import SmokeRows, write_smoke_rows
from tfx_pipeline.processes.waiting_process import WaitingProcess
from tfx_pipeline.runners.local.smoke_query import ModelRefusedError, smoke_query, take_back

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def doubling_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SavedModel that doubles `x` and names its sign."""
    import tensorflow as tf

    class Doubling(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
        def __call__(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"value": 2 * x, "sign": tf.where(x < 0, "minus", "plus")}

    path = tmp_path_factory.mktemp("model") / "1"
    model = Doubling()
    tf.saved_model.save(model, str(path), signatures={"serving_default": model.__call__})
    return path


@pytest.fixture
def smoke() -> Iterator[WaitingProcess]:
    # TensorFlow has run in this process, so that a fork of it would not do.
    with closing(WaitingProcess("smoke query", "spawn")) as process:
        yield process


def expect(model: Path, *answers: tuple[float, float, str]) -> None:
    predictions = [{"value": value, "sign": sign} for _, value, sign in answers]
    write_smoke_rows(model, SmokeRows([{"x": x} for x, _, _ in answers], predictions))


def test_query_same_answers_gives_rows_and_difference(
    smoke: WaitingProcess, doubling_model: Path
) -> None:
    expect(doubling_model, (1.5, 3.0, "plus"), (-2e5, -400_001.0, "minus"))
    result = smoke_query(smoke, doubling_model)
    assert result.rows == 2
    # Relative for values beyond 1: float32 cannot be nearer.
    assert result.largest_difference == pytest.approx(1 / 400_001, rel=1e-3)


@pytest.mark.parametrize("answer", [(1.0, 2.0001, "plus"), (1.0, 2.0, "minus")])
def test_query_other_answers_raises_with_the_difference(
    smoke: WaitingProcess, doubling_model: Path, answer: tuple[float, float, str]
) -> None:
    expect(doubling_model, answer)
    with pytest.raises(PipelineError, match="does not predict what it predicted") as caught:
        smoke_query(smoke, doubling_model)
    assert "a difference of" in str(caught.value)
    assert "first in row 0, output `" in str(caught.value)
    assert caught.value.exit_status == 3


def test_query_no_model_raises_with_its_folder(smoke: WaitingProcess, tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"smoke_rows\.json") as caught:
        smoke_query(smoke, tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_query_killed_process_raises(smoke: WaitingProcess, tmp_path: Path) -> None:
    smoke.kill()
    assert smoke.wait(60)
    with pytest.raises(PipelineError, match="ended without an answer"):
        smoke_query(smoke, tmp_path)


@pytest.fixture
def labels(config: PipelineConfig, add_version: Callable[[str], Path]) -> VersionLabelFile:
    """The file of labels beside three versions, of which the last was just pushed."""
    for number in "123":
        add_version(number)
    return VersionLabelFile(config.serving_directory, config.model_name)


REFUSAL = ModelRefusedError([Problem("it answers something else")], "smoke query failed")


def test_take_back_withdraws_and_says_what_became_of_labels(
    config: PipelineConfig, labels: VersionLabelFile
) -> None:
    for label, version in (("stable", 1), ("stable", 3), ("canary", 3)):
        labels.move(label, version)
    error = take_back(config, labels.base / "3", REFUSAL)
    assert (error.exit_status, error.title) == (3, "smoke query failed")
    assert [x.what for x in error.problems] == [
        "it answers something else",
        "the label `canary` named it already: it is gone",
        "the label `stable` named it already: it names version 1 again",
    ]
    assert list(versions_on_disk(labels.base)) == listed_versions(labels) == [1, 2]


def test_take_back_that_cannot_withdraw_says_that_it_is_still_there(
    config: PipelineConfig, labels: VersionLabelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.rename", lambda *_: (_ for _ in ()).throw(PermissionError(13, "no")))
    monkeypatch.setattr("pathlib.Path.rename", lambda *_: (_ for _ in ()).throw(OSError(13, "no")))
    error = take_back(config, labels.base / "3", REFUSAL)
    assert error.problems[-1].what == "it is still there for servers to find"
    assert error.problems[-1].next_step == f"remove it: rm -r {labels.base / '3'}"
    assert error.exit_status == 3


def test_take_back_with_a_broken_label_file_names_it(
    config: PipelineConfig, labels: VersionLabelFile
) -> None:
    labels.path.write_text("model_config_list {")
    error = take_back(config, labels.base / "3", REFUSAL)
    assert error.problems[-1].place == str(labels.path)
    assert list(versions_on_disk(labels.base)) == [1, 2]


@pytest.mark.usefixtures("labels")
def test_take_back_of_a_place_elsewhere_touches_nothing(
    config: PipelineConfig, tmp_path: Path
) -> None:
    (tmp_path / "home/3").mkdir(parents=True)
    error = take_back(config, tmp_path / "home/3", REFUSAL)
    assert (tmp_path / "home/3").is_dir()
    assert error.problems[-1].what == "it is still there for servers to find"
