"""The commands of `deploy/serving/README.md`, run where no cluster is needed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.deploy.kustomization import build
from tests.deploy.readme import Readme, run
from tests.deploy.serving import SERVING, one
from tests.e2e.project import REPOSITORY
from tfx_pipeline.deployment.version_label_file import VersionLabelFile
from tfx_pipeline.serving.config.protos import read_model_config

_README = Readme(SERVING / "README.md")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    shutil.copytree(SERVING, tmp_path / "deploy/serving")
    return tmp_path


def test_readme_names_only_files_that_are_there() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", _README.text):
        assert (SERVING / target).exists(), target
    for path in re.findall(r" -[fk] (\S+)", "".join(_README.blocks)):
        assert (REPOSITORY / path).exists(), path


def test_rename_command_renames_the_model_everywhere(checkout: Path) -> None:
    run(_README.block("mymodel"), checkout)
    kubernetes = checkout / "deploy/serving/kubernetes"
    for name in ("base", "overlays/bucket"):
        resources = {
            each["metadata"]["name"] + each["kind"]: each for each in build(kubernetes / name)
        }
        pod = resources["model-serverDeployment"]["spec"]["template"]["spec"]
        probe = pod["containers"][0]["readinessProbe"]["httpGet"]
        assert probe["path"] == "/v1/models/mymodel/metadata"
        models = resources["model-server-modelsConfigMap"]["data"]["models.config"]
        assert 'name: "mymodel"' in models and '/mymodel"' in models
    compose = (checkout / "deploy/serving/compose.yaml").read_text(encoding="utf-8")
    assert "GET /v1/models/mymodel HTTP" in compose


def test_upload_commands_show_a_version_only_when_it_is_complete(checkout: Path) -> None:
    for version in ("9", "1730000000"):
        (checkout / "serving_model/taxi" / version).mkdir(parents=True)
    said = run('kubectl() { printf "%s\\n" "$*"; }\n' + _README.block("VERSION="), checkout)
    aside = "/models/taxi/.1730000000.incomplete"
    assert said[3:5] == [
        f"-n serving cp serving_model/taxi/1730000000 model-uploader:{aside}",
        f"-n serving exec model-uploader -- mv {aside} /models/taxi/1730000000",
    ]


def test_label_command_brings_the_label_file_to_the_cluster(checkout: Path) -> None:
    base = checkout / "serving_model/taxi"
    for version in (1, 2, 3):
        (base / str(version)).mkdir(parents=True)
        (base / str(version) / "saved_model.pb").touch()
    VersionLabelFile(base, "taxi").move("stable", 2)
    run("kubectl() { :; }\n" + _README.block("taxi.config"), checkout)
    config = read_model_config(str(checkout / "deploy/serving/config/models.config"))
    (model,) = config.model_config_list.config
    assert (model.name, model.base_path) == ("taxi", "/models/taxi")
    assert dict(model.version_labels) == {"stable": 2}
    assert list(model.model_version_policy.specific.versions) == [2, 3]
    build(checkout / "deploy/serving/kubernetes/base")


def test_addresses_are_those_of_the_services() -> None:
    for service, port in (("model-server", 8501), ("model-server-grpc", 8500)):
        described = one("base", "Service", service)
        name = f"{described['metadata']['name']}.{described['metadata']['namespace']}"
        assert re.search(rf"//(/)?{re.escape(name)}[\w.]*:{port}", _README.text), name
