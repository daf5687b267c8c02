"""Which files an image is made of, and what its layers are called."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.deploy.image_layers import secrets_of_this_machine
from tests.deploy.image_sources import (
    arguments,
    base_image,
    digests,
    instructions,
    layers,
    package_digest,
)
from tests.e2e.project import REPOSITORY

_COPIED = ("requirements/image.txt", "requirements/uv.txt", "setup.py", "pyproject.toml", "LICENSE")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the Dockerfile reads, with a package of one module."""
    folder = tmp_path / "checkout"
    for name in ("deploy/image", "requirements/pyfarmhash"):
        shutil.copytree(REPOSITORY / name, folder / name)
    for name in _COPIED:
        shutil.copy(REPOSITORY / name, folder / name)
    (folder / "tfx_pipeline").mkdir()
    (folder / "tfx_pipeline/cli.py").write_text("print(1)\n")
    return folder


@pytest.mark.parametrize(
    "name", [*_COPIED, "deploy/image/Dockerfile", "deploy/image/Dockerfile.dockerignore"]
)
def test_digests_of_a_changed_recipe_leave_the_package_as_it_is(checkout: Path, name: str) -> None:
    before = digests(checkout)
    with (checkout / name).open("a") as file:
        file.write("\n# more\n")
    after = digests(checkout)
    assert after["recipe"] != before["recipe"]
    assert after["package"] == before["package"]


def test_digests_of_a_changed_package_leave_the_recipe_as_it_is(checkout: Path) -> None:
    said = [digests(checkout)]
    module = checkout / "tfx_pipeline/cli.py"
    module.write_text("print(2)\n")
    said.append(digests(checkout))
    module.rename(module.with_name("other.py"))
    said.append(digests(checkout))
    module.with_name("other.py").chmod(0o755)
    said.append(digests(checkout))
    assert len({each["package"] for each in said}) == 4
    assert len({each["recipe"] for each in said}) == 1
    assert package_digest(checkout / "tfx_pipeline") == said[-1]["package"]


def test_digests_do_not_heed_dates_and_files_that_no_image_has(
    checkout: Path, tmp_path: Path
) -> None:
    before = digests(checkout)
    os.utime(checkout / "setup.py", (1, 1))
    for name in ("deploy/image/README.md", "tfx_pipeline/__pycache__/cli.pyc", "data/x.csv"):
        (checkout / name).parent.mkdir(exist_ok=True)
        (checkout / name).write_text("changed")
    assert digests(checkout) == before
    assert digests(checkout.rename(tmp_path / "elsewhere")) == before


def test_dockerfile_says_its_base_its_arguments_and_its_instructions() -> None:
    assert base_image(REPOSITORY) == "debian:trixie-slim"
    assert arguments(REPOSITORY) == {"PIP_INDEX_URL", "UV_DEFAULT_INDEX"}
    said = instructions(REPOSITORY)
    assert said[0].startswith("RUN apt-get update && apt-get install")
    assert said[1:3] == [
        "COPY --from=dependencies /opt/venv /opt/venv",
        "COPY --from=package /opt/own /opt/venv",
    ]
    assert said[-1] == 'CMD ["--help"]'
    assert max(map(len, said)) <= 80


def test_layers_are_called_by_the_instructions_that_filled_them() -> None:
    history = [
        {"created_by": "/bin/sh"},
        {"created_by": "/bin/sh -c apt-get update"},
        {"created_by": "/bin/sh -c #(nop) USER 1", "empty_layer": True},
        {"created_by": "/bin/sh -c #(nop) COPY dir:0f in /opt "},
        {"created_by": '/bin/sh -c #(nop) LABEL "a"="b"', "empty_layer": True},
    ]
    made_by = ["RUN apt-get update", "USER 1", "COPY a /opt"]
    found = layers(history, [30, 20, 10], made_by, "debian")
    assert found == [("FROM debian", 30), ("RUN apt-get update", 20), ("COPY a /opt", 10)]


def test_secrets_are_the_certificates_that_this_machine_trusts_if_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "all.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    assert secrets_of_this_machine() == {}
    file.touch()
    assert secrets_of_this_machine() == {"certificates": file}
