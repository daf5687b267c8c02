"""The image of the steps as buildah keeps it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import image_build
from tests.cluster.image_build import REPOSITORY
from tests.cluster.node.processes import told

_OTHER = "localhost/tfx-pipeline-changed:1"


@pytest.fixture
def changed(tmp_path: Path) -> Iterator[Path]:
    """What the Dockerfile reads of this checkout, with another line in the package."""
    for name in ("deploy/image", "requirements", "tfx_pipeline"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    for name in ("setup.py", "pyproject.toml", "LICENSE"):
        shutil.copy(REPOSITORY / name, tmp_path / name)
    with (tmp_path / "tfx_pipeline/errors.py").open("a", encoding="utf-8") as module:
        module.write("# changed\n")
    yield tmp_path
    told(["buildah", "rmi", _OTHER], check=False)


def _layers(name: str) -> list[str]:
    inspected = json.loads(told(["buildah", "inspect", "--type=image", name]).stdout)
    return [layer["digest"] for layer in json.loads(inspected["Manifest"])["layers"]]


def test_build_of_a_changed_package_keeps_the_layers_below_it(changed: Path) -> None:
    image_build.build()
    assert image_build.build() is False
    assert image_build.build(_OTHER, changed) is True
    assert image_build.build(_OTHER, changed) is False
    before, after = _layers(image_build.NAME), _layers(_OTHER)
    assert after[:3] == before[:3]  # Debian, Python, all packages
    assert after[3] != before[3]


def test_report_names_the_instruction_of_each_layer() -> None:
    image_build.build()
    total, *lines = image_build.report().splitlines()
    assert image_build.NAME in total
    sizes = {line.split(" MiB  ")[1]: float(line.split()[0]) for line in lines}
    assert sizes["FROM debian:trixie-slim"] == pytest.approx(125, rel=0.1)
    assert sizes["COPY --from=dependencies /opt/venv /opt/venv"] > 1000
    assert 1 < sizes["COPY --from=package /opt/own /opt/venv"] < 20
