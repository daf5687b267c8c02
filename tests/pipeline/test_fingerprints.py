"""Fingerprints: a step's changes with the code, files and libraries it uses, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.pipeline import fingerprints
from tfx_pipeline.pipeline.fingerprints import code_fingerprint, source_files, step_fingerprint

STEPS = tuple(fingerprints._DEPENDENCIES)
CONFIG = """\
name: trips
data: {path: data, schema_file: schema.pbtxt}
label: {column: tips, task: regression}
features: {fare: {kind: numeric}}
hooks: {preprocessing_fn: my_features.preprocessing_fn, run_fn: trainers.mine.run_fn}
"""


@pytest.fixture
def config(tmp_path: Path) -> PipelineConfig:
    (tmp_path / "trips.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "schema.pbtxt").write_text("", encoding="utf-8")
    (tmp_path / "my_features.py").write_text("import shared.words\n", encoding="utf-8")
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "shared/words.py").write_text("WORDS = 1\n", encoding="utf-8")
    (tmp_path / "trainers").mkdir()
    (tmp_path / "trainers/mine.py").write_text("from . import parts\n", encoding="utf-8")
    (tmp_path / "trainers/parts.py").write_text("", encoding="utf-8")
    return load_config(tmp_path / "trips.yaml").config


def changed_steps(config: PipelineConfig, file: str) -> list[str]:
    before = {step: step_fingerprint(config, step) for step in STEPS}
    path = config.root / file
    path.write_text(path.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    return [step for step in STEPS if step_fingerprint(config, step) != before[step]]


@pytest.mark.parametrize(
    ("file", "steps"),
    [
        ("my_features.py", ["Transform"]),
        ("shared/words.py", ["Transform"]),
        ("trainers/mine.py", ["Trainer"]),
        ("trainers/parts.py", ["Trainer"]),
        ("schema.pbtxt", ["ImportSchemaGen"]),
        ("trips.yaml", []),
    ],
)
def test_step_fingerprint_after_an_edit_changes_for_the_steps_that_use_it(
    config: PipelineConfig, file: str, steps: list[str]
) -> None:
    assert changed_steps(config, file) == steps


def test_step_fingerprint_with_another_library_version_changes_for_its_users(
    config: PipelineConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {step: step_fingerprint(config, step) for step in STEPS}
    monkeypatch.setattr(
        fingerprints, "_version", lambda name: "9" if name == "tensorflow-transform" else "1"
    )
    one = {step: step_fingerprint(config, step) for step in STEPS}
    monkeypatch.setattr(fingerprints, "_version", lambda _name: "1")
    other = {step: step_fingerprint(config, step) for step in STEPS}
    assert [step for step in STEPS if one[step] != other[step]] == ["Transform", "Trainer"]
    assert before != one


def test_step_fingerprint_with_a_model_server_on_path_changes_for_infra_check(
    config: PipelineConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {step: step_fingerprint(config, step) for step in STEPS}
    program = tmp_path / "bin/tensorflow_model_server"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    changed = [step for step in STEPS if step_fingerprint(config, step) != before[step]]
    assert changed == ["InfraCheck"]


def test_source_files_of_our_steps_hold_their_own_modules_only(repository: Path) -> None:
    def names(module: str) -> set[str]:
        files = source_files([module], repository)
        return {str(file.relative_to(repository / "tfx_pipeline")) for file in files}

    transform = names("tfx_pipeline.modules.preprocessing")
    training = names("tfx_pipeline.modules.training")
    assert "modules/label_rule.py" in transform
    assert "modules/signatures.py" in training
    assert "modules/signatures.py" not in transform
    assert not any(name.startswith(("config/", "runners/")) for name in transform | training)


def test_code_fingerprint_changes_with_the_users_modules(config: PipelineConfig) -> None:
    before = code_fingerprint(config)
    assert code_fingerprint(config) == before
    changed_steps(config, "shared/words.py")
    assert code_fingerprint(config) != before


def test_source_files_with_circular_imports_ends(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import b\n", encoding="utf-8")
    (tmp_path / "b.py").write_text("import a\n", encoding="utf-8")
    assert [file.name for file in source_files(["a"], tmp_path)] == ["a.py", "b.py"]


def test_source_files_of_an_installed_package_reads_no_other_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (("tfx_pipeline/part.py", "import library.part"), ("library/part.py", "")):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(fingerprints, "PACKAGE_ROOT", tmp_path)
    found = source_files(["tfx_pipeline.part"], tmp_path / "project")
    assert found == [tmp_path / "tfx_pipeline/part.py"]
