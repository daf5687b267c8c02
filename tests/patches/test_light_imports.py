"""What a process that runs one step imports, and what it does not."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tfx_pipeline.patches import light_imports
from tfx_pipeline.patches.light_imports import _Deferred, _Finder, hidden


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A package that notes when it runs, with two submodules; it is deferred."""
    folder = tmp_path / "laterlib"
    folder.mkdir()
    note = "import sys\nsys.laterlib_ran = True\n"
    (folder / "__init__.py").write_text(
        f"{note}__version__ = '7'\nfrom laterlib.part import VALUE\n"
    )
    (folder / "part.py").write_text("VALUE = 3\n")
    (folder / "other.py").write_text("OTHER = 4\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "laterlib_ran", False, raising=False)
    monkeypatch.setattr(sys, "meta_path", [_Finder(["laterlib"]), *sys.meta_path])
    yield "laterlib"
    for name in [name for name in sys.modules if name.partition(".")[0] == "laterlib"]:
        del sys.modules[name]


def has_run() -> bool:
    return bool(getattr(sys, "laterlib_ran"))  # noqa: B009 - no such attribute, says mypy


def test_deferred_module_runs_when_something_of_it_is_used(package: str) -> None:
    module = importlib.import_module(package)
    again = importlib.import_module(package)
    assert module is again and type(module) is _Deferred
    assert module.__name__ == package and module.__spec__ is not None
    assert not hasattr(module, "__wrapped__") and not has_run()
    assert module.VALUE == 3 and has_run()
    assert type(module) is not _Deferred and sys.modules[package] is module
    with pytest.raises(AttributeError):
        _ = module.nothing


def test_deferred_module_runs_for_its_version(package: str) -> None:
    assert importlib.import_module(package).__version__ == "7" and has_run()


def test_deferred_package_that_is_closed_runs_before_its_submodules(package: str) -> None:
    importlib.import_module("laterlib.other")
    assert has_run()


def test_deferred_package_that_is_open_runs_after_its_submodules(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(light_imports, "_OPEN", frozenset({package}))
    assert importlib.import_module("laterlib.other").OTHER == 4
    module = importlib.import_module(package)
    assert module.part.VALUE == 3 and not has_run()
    assert module.VALUE == 3 and has_run()


def test_deferred_module_gives_what_another_has_without_running(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(light_imports, "_OPEN", frozenset({package}))
    monkeypatch.setattr(light_imports, "_ALSO_IN", {package: "laterlib.other"})
    module = importlib.import_module(package)
    assert hasattr(module, "OTHER") and module.OTHER == 4 and not has_run()
    assert module.VALUE == 3 and has_run()
    assert module.OTHER == 4


def test_hidden_module_seems_not_to_be_installed_within_the_block(package: str) -> None:
    with hidden([package]), pytest.raises(ModuleNotFoundError, match="laterlib"):
        importlib.import_module("laterlib.part")
    assert importlib.import_module("laterlib.part").VALUE == 3


LIGHT = {
    "Pusher": "tfx_pipeline.components.pusher.executor",
    "DataGate": "tfx_pipeline.components.data_gate.executor",
    "ImportSchemaGen": "tfx_pipeline.components.schema_import",
    "InfraCheck": "tfx_pipeline.components.infra_check.executor",
    "latest_blessed_data_resolver": "tfx_pipeline.components.blessed_data",
    "latest_blessed_model_resolver": "tfx_pipeline.components.blessed_model",
}
PROGRAM = """
import importlib, sys
from tfx_pipeline.patches.light_imports import import_core
import_core("none")
importlib.import_module("tfx_pipeline.runners.node.attempt")
for module in sys.argv[1:]:
    importlib.import_module(module)
heavy = ("tensorflow.python", "apache_beam.io", "tensorflow_model_analysis.api", "kubernetes",
         "tensorflow_data_validation.api", "tfx.components.evaluator", "google.cloud.aiplatform")
print("heavy:", [name for name in heavy if name in sys.modules])
from tfx.dsl.io import fileio
print("there:", fileio.exists("/tmp"), fileio.exists("/nowhere"))
import tensorflow as tf
print("real:", int(tf.constant(3) + 4), tf.__version__[0])
"""


@pytest.mark.slow
def test_light_steps_import_neither_tensorflow_nor_beam_but_can_use_them() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, *LIGHT.values()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["heavy: []", "there: True False", "real: 7 2"]
