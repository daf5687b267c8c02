"""The commands of `deploy/kubeflow/README.md` and `deploy/image/README.md`, without a cluster."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.deploy.kubeflow import KUBEFLOW
from tests.deploy.kustomization import build, pod_spec
from tests.deploy.readme import Readme, run
from tests.e2e.project import REPOSITORY
from tfx_pipeline.cli import full_parser

_README = Readme(KUBEFLOW / "README.md")
_SAYS = 'say() { printf "%s\\n" "$*"; }; docker() { say docker "$@"; }; kubectl() { say "$@"; }\n'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("deploy/kubeflow", "deploy/serving", "configs"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("folder", ["deploy/kubeflow", "deploy/image"])
def test_readme_names_only_files_that_are_there(folder: str) -> None:
    readme = (REPOSITORY / folder / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!http)([^)#]+)(?:#[\w-]+)?\)", readme):
        assert (REPOSITORY / folder / target).exists(), target
    for path in re.findall(r" (?:-[fk]|--file) (\S+)", readme):
        assert (REPOSITORY / path.strip("`,")).exists(), path


def test_image_command_names_the_image_everywhere(checkout: Path) -> None:
    said = run(_SAYS + _README.block("IMAGE="), checkout)
    image = "registry.mycompany.com/ml/tfx-pipeline"
    assert said[1] == f"docker push {image}:0.1"
    pods = [*yaml.safe_load_all((checkout / "deploy/kubeflow/toolbox.yaml").read_text())]
    pods += build(checkout / "deploy/kubeflow/overlays/flink")
    images = {x["image"] for pod in pods for x in (pod_spec(pod) or {}).get("containers", ())}
    assert f"{image}:0.1" in images
    assert not [each for each in images if "example" in each]
    environment = yaml.safe_load((checkout / "configs/env/kubeflow.yaml").read_text())
    assert environment["environment"]["image"] == f"{image}:0.1"


def test_password_commands_make_the_secret(checkout: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not on the PATH")
    run(_SAYS + _README.block("openssl"), checkout)
    folder = checkout / "deploy/kubeflow/secrets"
    passwords = {name: (folder / name).read_bytes() for name in ("password", "root-password")}
    assert all(re.fullmatch(rb"[\w+/=]{32}", each) for each in passwords.values())
    assert passwords["password"] != passwords["root-password"]
    (secret,) = build(folder)
    assert set(secret["data"]) == set(passwords)


def test_submit_command_is_one(checkout: Path) -> None:
    for name in ("data", "schema"):
        (checkout / name).mkdir()
    said = run(_SAYS + _README.block("toolbox.yaml"), checkout)
    words = said[-1].partition(" -- tfx-pipeline ")[2].split()
    options = full_parser().parse_args(words)
    assert (options.env, options.wait) == ("kubeflow", True)
    assert options.overrides == ["environment.kubeflow.host=http://ml-pipeline:8888"]


def test_commands_wait_for_what_the_manifests_make() -> None:
    made = {
        f"{resource['kind'].lower()}/{resource['metadata']['name']}"
        for name in ("base", "serving", "overlays/flink", "overlays/spark")
        for resource in build(KUBEFLOW / name)
    }
    for name in ("prepare-volume.yaml", "toolbox.yaml"):
        for resource in yaml.safe_load_all((KUBEFLOW / name).read_text(encoding="utf-8")):
            made.add(f"{resource['kind'].lower()}/{resource['metadata']['name']}")
    waited = re.findall(r"(?:status|Complete|Ready) ((?:\w+)/[\w-]+)", "".join(_README.blocks))
    assert len(waited) == 5
    assert set(waited) <= made
