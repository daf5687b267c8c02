"""Loading a configuration: overlays, overrides, and errors that point at their line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.errors import ConfigError, ExitStatus

VALID = """\
name: trips
data: {path: data}
label: {column: tips, task: regression}
features:
  fare: {kind: numeric}
"""


def write(folder: Path, text: str, name: str = "trips.yaml") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def problems_of(file: Path, *overrides: str, env: str | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(file, env, overrides)
    assert caught.value.exit_status == ExitStatus.USAGE
    return [str(problem) for problem in caught.value.problems]


def test_load_config_of_the_shipped_file_gives_typed_values(repository: Path) -> None:
    config = load_config(repository / "configs/taxi.yaml", "local").config
    assert config.label.rule == "tips > 0.2 * fare"
    assert config.lookups["pickup_area_average_fare"].key == "pickup_community_area"
    assert config.pipeline_root == repository / "tfx_pipeline_output/taxi"
    assert config.serving_directory == repository / "serving_model/taxi"
    assert config.path(config.environment.metadata.path) == (
        repository / "tfx_metadata/taxi/metadata.db"
    )


def test_load_config_with_overlay_and_overrides_takes_the_last_word(tmp_path: Path) -> None:
    file = write(tmp_path, VALID + "model: {epochs: 3, batch_size: 7, seed: 1}\n")
    write(tmp_path, "model: {epochs: 4, seed: 2}\n", "env/cloud.yaml")
    config = load_config(file, "cloud", ["model.seed=3", "model.hidden_units=[5, 6]"]).config
    assert (config.model.batch_size, config.model.epochs, config.model.seed) == (7, 4, 3)
    assert config.model.hidden_units == (5, 6)


def test_load_config_outside_a_configs_folder_starts_paths_at_its_own(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, VALID)).config.root == tmp_path
    assert load_config(write(tmp_path, VALID, "configs/trips.yaml")).config.root == tmp_path


def test_load_config_with_unknown_keys_names_line_and_nearest(tmp_path: Path) -> None:
    file = write(tmp_path, VALID + "model:\n  famly: dnn\n  optimizer: {learningrate: 1}\n")
    first, second = problems_of(file)
    assert first.startswith(f"{file}:7: `model.famly` is not a known key")
    assert "did you mean `family`?" in first
    assert second.startswith(f"{file}:8: `model.optimizer.learningrate` is not a known key")
    assert "did you mean `learning_rate`?" in second


def test_load_config_with_unknown_key_in_a_feature_lists_that_kinds_keys(tmp_path: Path) -> None:
    file = write(tmp_path, VALID.replace("kind: numeric", "kind: numeric, bucket: 3"))
    (problem,) = problems_of(file)
    assert f"{file}:5: `features.fare.bucket` is not a known key" in problem
    assert "allowed  buckets, kind, missing, parse, scale" in problem


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model: {epochs: many}", "`model.epochs`"),
        ("model: {epochs: 0}", "greater than or equal to 1"),
        ("model: {dropout: 1.0}", "less than 1"),
        ("model: {family: widedeep}", "did you mean `wide_deep`?"),
        ("evaluation: {thresholds: {auc: {}}}", "give min, max or max_loss_against_baseline"),
        ("evaluation: {thresholds: {auc: {min: 1, max: 0}}}", "min must not exceed max"),
        ("lookups: {a: {key: fare}}", "`lookups.a.value` is missing"),
        ("hooks: {run_fn: nodots}", "`hooks.run_fn`"),
        ("environment: {cache: maybe}", "`environment.cache`"),
    ],
)
def test_load_config_with_impossible_value_says_what_is_allowed(
    tmp_path: Path, text: str, expected: str
) -> None:
    file = write(tmp_path, VALID + text + "\n")
    (problem,) = problems_of(file)
    assert problem.startswith(f"{file}:6: ")
    assert expected in problem


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("{column: x, task: multiclass, classes: [a, b]}", "at least three classes"),
        ("{column: x, task: binary, classes: [a]}", "two: [negative, positive]"),
        ("{column: x, task: binary, classes: [a, a]}", "must differ"),
        ("{column: x, task: regression, classes: [a, b]}", "takes no classes"),
    ],
)
def test_load_config_with_classes_that_do_not_fit_the_task_is_refused(
    tmp_path: Path, label: str, expected: str
) -> None:
    file = write(tmp_path, VALID.replace("{column: tips, task: regression}", label))
    assert expected in problems_of(file)[0]


def test_load_config_reports_all_problems_at_once(tmp_path: Path) -> None:
    file = write(tmp_path, "name: Trips\ndata: {}\nlabel: {column: a, task: b}\nextra: 1\n")
    found = problems_of(file)
    fields = ("`name`", "`data.path`", "`label.task`", "`features`", "`extra`")
    assert len(found) == len(fields)
    assert all(any(field in problem for problem in found) for field in fields)


def test_load_config_with_bad_override_points_at_the_command_line(tmp_path: Path) -> None:
    file = write(tmp_path, VALID)
    (problem,) = problems_of(file, "model.epochs=lots")
    assert problem.startswith("--set model.epochs=lots: `model.epochs`")
    nested = "environment.steps={Trainer: {cpu: -1}}"
    overlay = write(tmp_path, "environment: {steps: {Trainer: {cpu: 2}}}", "more.yaml")
    assert problems_of(file, nested, env=str(overlay))[0].startswith(f"--set {nested}: ")
    assert "--set model.epochs: not an override" in problems_of(file, "model.epochs")[0]
    assert "--set .epochs=1: not an override" in problems_of(file, ".epochs=1")[0]


def test_load_config_without_file_lists_those_that_are_there(tmp_path: Path) -> None:
    write(tmp_path, VALID)
    (problem,) = problems_of(tmp_path / "trip.yaml")
    assert "no such file" in problem
    assert "trips.yaml" in problem
    (problem,) = problems_of(tmp_path / "trips.yaml", env="moon")
    assert "no such file" in problem
    assert "moon.yaml" in problem


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("name: a\n name: b\n", 2, "not valid YAML"),
        ("name: a\ndata: {path: x\n", 3, "not valid YAML"),
        ("name: a\nname: b\n", 2, "`name` is given twice"),
        ("- a\n- b\n", 1, "the root is not a mapping"),
        ("name: !!python/object:os.system {}\n", 1, "not valid YAML"),
    ],
)
def test_load_config_that_is_not_a_mapping_of_sections_names_the_line(
    tmp_path: Path, text: str, line: int, expected: str
) -> None:
    file = write(tmp_path, text)
    (problem,) = problems_of(file)
    assert problem.startswith(f"{file}:{line}: {expected}")


def test_load_config_of_bytes_that_are_not_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes(b"\xff\xfe\x00n")
    assert "the file cannot be read" in problems_of(file)[0]


def test_load_config_of_an_empty_file_says_what_is_missing(tmp_path: Path) -> None:
    found = problems_of(write(tmp_path, ""))
    assert [x.split("`")[1] for x in found] == ["name", "data", "label", "features"]


def test_load_config_reports_problems_in_the_order_of_the_lines(tmp_path: Path) -> None:
    file = write(tmp_path, "nam: trips\n" + VALID + "model:\n  epoch: 1\n  seed: -1\n")
    assert [x.split(": ")[0] for x in problems_of(file)] == [f"{file}:{n}" for n in (1, 8, 9)]


def test_load_config_no_memory_at_all_is_refused(repository: Path) -> None:
    with pytest.raises(ConfigError, match=r"(?s)'0Gi'.*a number above 0"):
        load_config(
            repository / "configs/taxi.yaml",
            overrides=["environment.steps={Trainer: {memory: 0Gi}}"],
        )
