"""Fingerprints: a step's changes with the code, files and libraries it uses, and no others."""

from __future__ import annotations

import importlib.util
import re
import sys
from importlib import metadata
from pathlib import Path

import pytest

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.pipeline import fingerprints, step_code
from tfx_pipeline.pipeline.fingerprints import code_fingerprint, source_files, step_fingerprint
from tfx_pipeline.runners.local.up_to_date import run_fingerprint

pytestmark = [pytest.mark.slow, pytest.mark.once]

STEPS = tuple(step_code.STEPS)
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
    users = ["Transform", "Tuner", "Trainer", "Evaluator", "ModelRiskAssessor", "InfraCheck"]
    users.append("FormatExporter")
    assert [step for step in STEPS if one[step] != other[step]] == users
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


def test_run_fingerprint_changes_with_all_that_a_steps_does(
    config: PipelineConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {run_fingerprint(config, "data")}
    program = tmp_path / "bin/tensorflow_model_server"
    program.parent.mkdir()
    monkeypatch.setenv("PATH", str(program.parent))
    for text in ("#!/bin/sh\n", "#!/bin/sh\n# a newer one\n"):
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)
        seen.add(run_fingerprint(config, "data"))
    version = fingerprints._version
    for library in ("httptools", "python-rapidjson", "apache-beam"):
        newer = {library: "9"}
        monkeypatch.setattr(
            fingerprints, "_version", lambda name, x=newer: x.get(name) or version(name)
        )
        seen.add(run_fingerprint(config, "data"))
    assert len(seen) == 3 + 3


def test_step_fingerprint_changes_with_the_libraries_of_the_users_code(
    config: PipelineConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = config.root / "trainers/parts.py"
    module.write_text("import json\ndef fit():\n    from rapidjson.x import y\n", encoding="utf-8")
    before = {step: step_fingerprint(config, step) for step in ("Trainer", "Transform")}
    version = fingerprints._version
    monkeypatch.setattr(
        fingerprints, "_version", lambda name: "9" if name == "python-rapidjson" else version(name)
    )
    assert step_fingerprint(config, "Trainer") != before["Trainer"]
    assert step_fingerprint(config, "Transform") == before["Transform"]


ALONE_IN_LOGS = {"absl-py"}
PART_OF_TFX = {"ml-pipelines-sdk"}


@pytest.fixture(scope="module")
def distributions() -> dict[str, set[str]]:
    """Names of distributions by the package that they bring; `packages_distributions` of 3.10
    knows but those that say it in `top_level.txt`."""
    found: dict[str, set[str]] = {}
    for each in metadata.distributions():
        name = re.sub("[-_.]+", "-", each.metadata["Name"]).lower()
        for file in each.files or ():
            if file.suffix in (".py", ".so"):
                is_protobuf = file.parts[:2] == ("google", "protobuf")
                top = "google.protobuf" if is_protobuf else file.parts[0].partition(".")[0]
                found.setdefault(top, set()).add(name)
    return found


@pytest.mark.parametrize("node_id", [step for step in STEPS if step != "VertexPusher"])
def test_step_code_declares_every_distribution_that_the_step_imports(
    repository: Path, distributions: dict[str, set[str]], node_id: str
) -> None:
    step = step_code.STEPS[node_id]
    files = source_files(step.modules, repository)
    if step.executor:
        spec = importlib.util.find_spec("tfx")
        assert spec is not None and spec.submodule_search_locations
        parts = step.executor.split(".")[1:]
        files.append(Path(spec.submodule_search_locations[0], *parts).with_suffix(".py"))
    imported = set()
    for file in files:
        for name in fingerprints._imports(file, repository):
            top = name.partition(".")[0]
            top = "google.protobuf" if name.startswith("google.protobuf") else top
            if top not in {*sys.stdlib_module_names, "tfx_pipeline", "google"}:
                imported |= distributions[top]
    missing = imported - set(step.distributions) - ALONE_IN_LOGS - PART_OF_TFX
    assert missing == set(), f"add them to step_code.STEPS[{node_id!r}]"
    assert all(fingerprints._version(name) != "absent" for name in step.distributions)


def test_source_files_of_our_steps_hold_their_own_modules_only(repository: Path) -> None:
    def names(module: str) -> set[str]:
        files = source_files([module], repository)
        return {str(file.relative_to(repository / "tfx_pipeline")) for file in files}

    transform = names("tfx_pipeline.modules.preprocessing")
    training = names("tfx_pipeline.modules.training")
    assert "modules/label_rule/rule.py" in transform
    assert "modules/model/signatures.py" in training
    assert "modules/model/signatures.py" not in transform
    assert not any(name.startswith(("config/", "runners/")) for name in transform | training)


def test_step_code_of_the_trainer_holds_every_family_of_models(repository: Path) -> None:
    learners = repository / "tfx_pipeline/modules/learners"
    files = source_files(step_code.STEPS["Trainer"].modules, repository)
    assert {*learners.rglob("*.py")} <= {*files}


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


def test_source_files_of_a_relative_import_above_the_root_of_the_disk_are_the_module_alone(
    tmp_path: Path,
) -> None:
    (tmp_path / "mine.py").write_text(f"from {'.' * 40} import x\n", encoding="utf-8")
    assert source_files(["mine"], tmp_path) == [tmp_path / "mine.py"]
