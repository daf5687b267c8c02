"""What kustomize builds of `deploy`, and what the tests build of it, is the same."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.kubeflow import KUBEFLOW, KUSTOMIZATIONS
from tests.deploy.kustomization import KEYS_OF_LISTS, build
from tests.deploy.serving import DEPLOYMENTS, KUBERNETES

_KUSTOMIZE = next(
    (
        words
        for words in (["kustomize", "build"], ["kubectl", "kustomize"])
        if shutil.which(words[0])
    ),
    None,
)


@pytest.mark.slow
@pytest.mark.skipif(_KUSTOMIZE is None, reason="neither kustomize nor kubectl is on PATH")
@pytest.mark.parametrize(
    "folder",
    [*(KUBERNETES / name for name in DEPLOYMENTS), *(KUBEFLOW / name for name in KUSTOMIZATIONS)],
    ids=lambda folder: f"{folder.parent.name}-{folder.name}",
)
def test_build_gives_what_kustomize_gives(folder: Path) -> None:
    ours = {_identity(each): _ordered(each) for each in build(folder)}
    assert ours == _built_by_kustomize(folder)


@pytest.mark.slow
@pytest.mark.skipif(_KUSTOMIZE is None, reason="neither kustomize nor kubectl is on PATH")
def test_build_of_secrets_gives_what_kustomize_gives(tmp_path: Path) -> None:
    shutil.copy(KUBEFLOW / "secrets/kustomization.yaml", tmp_path)
    for name in ("password", "root-password"):
        (tmp_path / name).write_text(f"{name} ü", encoding="utf-8")
    ours = {_identity(each): _ordered(each) for each in build(tmp_path)}
    assert ours == _built_by_kustomize(tmp_path)
    assert set(ours) == {("Secret", "tfx-metadata")}


def _built_by_kustomize(folder: Path) -> dict[tuple[str, str], Any]:
    assert _KUSTOMIZE is not None
    done = subprocess.run([*_KUSTOMIZE, str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {_identity(each): _ordered(each) for each in yaml.safe_load_all(done.stdout)}


def test_build_of_an_unknown_field_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("namePrefixx: a-\n")
    with pytest.raises(ValueError, match="namePrefixx"):
        build(tmp_path)


def _identity(resource: dict[str, Any]) -> tuple[str, str]:
    return resource["kind"], resource["metadata"]["name"]


def _ordered(value: Any, field: str = "") -> Any:
    """Sort the lists in which the order says nothing."""
    if isinstance(value, dict):
        return {name: _ordered(each, name) for name, each in value.items()}
    if isinstance(value, list):
        elements = [_ordered(each) for each in value]
        key = KEYS_OF_LISTS.get(field)
        return sorted(elements, key=lambda element: element[key]) if key else elements
    return value
