"""The manifests beside Kubeflow Pipelines: valid for the API, safe, and what the pipeline names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from tests.deploy.kubeflow import ALONE, KUBEFLOW, KUSTOMIZATIONS, built, one
from tests.deploy.kustomization import Resource, build, containers, pod_spec
from tfx_pipeline.config.loader import LoadedConfig, load_config
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.yaml_source import read_yaml
from tfx_pipeline.pipeline.beam_options import all_beam_options, beam_options
from tfx_pipeline.targets.conformance import check

_RELEASES = ("1.31", kubernetes_validate.latest_version())
_OVERLAYS = {
    "volume": (),
    "bucket": ("overlays/bucket/environment.yaml",),
    "dataflow": ("overlays/bucket/environment.yaml", "overlays/dataflow/beam.yaml"),
    "flink": ("overlays/flink/beam.yaml",),
    "spark": ("overlays/spark/beam.yaml",),
}
_PODS = [
    pytest.param(spec, id=f"{name}-{resource['metadata']['name']}")
    for name in (*KUSTOMIZATIONS, *ALONE)
    for resource in built(name)
    if (spec := pod_spec(resource)) is not None
]


def configured(*overlays: str, repository: Path) -> LoadedConfig:
    """Load the penguins for Kubeflow, with what these files of deploy/kubeflow add."""
    source = load_config("configs/penguins.yaml", "kubeflow").source
    for overlay in overlays:
        source = source.overlay(read_yaml(KUBEFLOW / overlay))
    config = PipelineConfig.model_validate(source.values)
    config._root = repository
    return LoadedConfig(config, source, "penguins")


@pytest.mark.parametrize("release", _RELEASES)
@pytest.mark.parametrize("name", [*KUSTOMIZATIONS, *ALONE])
def test_manifests_fit_the_schema_of_kubernetes(name: str, release: str) -> None:
    for resource in built(name):
        kubernetes_validate.validate(resource, release, strict=True)
        assert resource["metadata"]["namespace"] == "kubeflow"


def test_secrets_fit_the_schema_of_kubernetes(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_bytes(
        (KUBEFLOW / "secrets/kustomization.yaml").read_bytes()
    )
    with pytest.raises(FileNotFoundError, match="password"):  # nobody's password is in the tree
        build(tmp_path)
    for name in ("password", "root-password"):
        (tmp_path / name).write_text("x")
    (secret,) = build(tmp_path)
    kubernetes_validate.validate(secret, _RELEASES[-1], strict=True)
    assert secret["data"] == {"password": "eA==", "root-password": "eA=="}


@pytest.mark.parametrize("pod", _PODS)
def test_pods_may_do_no_more_than_they_must(pod: Resource) -> None:
    prepares = pod["containers"][0]["name"] == "chown"
    asks = pod["containers"][0]["name"] == "toolbox"  # the cluster, what waits
    assert pod["automountServiceAccountToken"] is asks
    assert pod["enableServiceLinks"] is False
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["securityContext"].get("runAsNonRoot", False) is not prepares
    assert (pod["securityContext"]["runAsUser"] > 0) is not prepares
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    for container in containers(pod):
        security = container["securityContext"]
        assert security["allowPrivilegeEscalation"] is False
        assert security["capabilities"]["drop"] == ["ALL"]
        assert ("add" in security["capabilities"]) is prepares
        assert security["readOnlyRootFilesystem"] is True
        for bound in ("requests", "limits"):
            assert {"cpu", "memory", "ephemeral-storage"} <= set(container["resources"][bound])
        mounts = {mount["name"] for mount in container.get("volumeMounts", ())}
        assert mounts <= {volume["name"] for volume in pod.get("volumes", ())} | {"data"}


@pytest.mark.parametrize("name", KUSTOMIZATIONS)
def test_selectors_find_pods_and_ports(name: str) -> None:
    pods = [
        (x["spec"]["template"]["metadata"]["labels"].items(), pod_spec(x))
        for x in built(name)
        if x["kind"] in ("Deployment", "StatefulSet")
    ]
    for resource in built(name):
        if resource["kind"] == "Service":
            wanted = resource["spec"]["selector"].items()
            (spec,) = [spec for labels, spec in pods if wanted <= labels]
            ports = {x["name"] for x in spec["containers"][0]["ports"]}
            assert {x["targetPort"] for x in resource["spec"]["ports"]} <= ports
        if resource["kind"] in ("Deployment", "StatefulSet"):
            labels = resource["spec"]["template"]["metadata"]["labels"].items()
            assert resource["spec"]["selector"]["matchLabels"].items() <= labels


def test_environment_names_what_the_manifests_make(repository: Path) -> None:
    environment = configured(repository=repository).config.environment
    (server,) = pod_spec(one("base", "StatefulSet", "tfx-metadata"))["containers"]  # type: ignore[index]
    values = {each["name"]: each["value"] for each in server["env"]}
    metadata = environment.metadata
    assert one("base", "Service", metadata.host or "")["spec"]["ports"][0]["port"] == 3306
    assert (values["MARIADB_DATABASE"], values["MARIADB_USER"]) == (
        metadata.database,
        metadata.user,
    )
    (secret,) = environment.secrets
    generator = read_yaml(KUBEFLOW / "secrets/kustomization.yaml").values["secretGenerator"][0]
    assert (secret.name, secret.env) == (generator["name"], metadata.password_env)
    assert secret.key in generator["files"]
    assert values["MARIADB_PASSWORD_FILE"].endswith(f"/{secret.name}/{secret.key}")
    (volume,) = environment.volumes
    assert volume.claim == one("claim.yaml", "PersistentVolumeClaim", "pipeline-artifacts")[
        "metadata"
    ]["name"]  # fmt: skip
    assert one("base", "ServiceAccount", environment.service_account or "")
    assert environment.kubeflow.namespace == "kubeflow"


def test_server_finds_the_models_where_the_pipeline_pushes_them(repository: Path) -> None:
    config = configured(repository=repository).config
    (volume,) = config.environment.volumes
    pod: Any = pod_spec(one("serving", "Deployment", "model-server"))
    (claim,) = [x["persistentVolumeClaim"] for x in pod["volumes"] if x["name"] == "models"]
    assert claim == {"claimName": volume.claim, "readOnly": True}
    (mount,) = [x for x in pod["containers"][0]["volumeMounts"] if x["name"] == "models"]
    assert f"{volume.mount_path}/{mount['subPath']}" == config.push.base_directory
    models = one("serving", "ConfigMap", "model-server-models")["data"]["models.config"]
    assert f'base_path: "{mount["mountPath"]}/' in models
    (prepared,) = pod_spec(one("prepare-volume.yaml", "Job", "prepare-pipeline-artifacts"))[
        "containers"
    ]  # type: ignore[index]
    assert config.push.base_directory in prepared["command"][-1]


@pytest.mark.parametrize("name", _OVERLAYS)
def test_environments_that_are_shown_stand_up_to_the_rules(name: str, repository: Path) -> None:
    found = check(configured(*_OVERLAYS[name], repository=repository), "kfp")
    assert found.errors == ()
    said = {problem.what.split(":")[0] for problem in found.warnings}
    shared = {"`environment.pipeline_root`"} if name in ("flink", "spark") else set()
    assert said == shared


@pytest.mark.parametrize("name", ["flink", "spark"])
def test_beam_options_lead_to_the_job_service(name: str, repository: Path) -> None:
    config = configured(*_OVERLAYS[name], repository=repository).config
    options = beam_options(all_beam_options(config))
    service = one(f"overlays/{name}", "Service", "beam-job-service")
    ports = {each["name"]: each["port"] for each in service["spec"]["ports"]}
    assert options["job_endpoint"] == f"beam-job-service:{ports['jobs']}"
    assert options["artifact_endpoint"] == f"beam-job-service:{ports['artifacts']}"
    job_server: Any = pod_spec(one(f"overlays/{name}", "Deployment", "beam-job-service"))
    arguments = job_server["containers"][0]["args"]
    assert {f"--job-port={ports['jobs']}", f"--artifact-port={ports['artifacts']}"} <= set(
        arguments
    )
    workers = {"flink": "flink-taskmanager", "spark": "spark-worker"}[name]
    pod: Any = pod_spec(one(f"overlays/{name}", "Deployment", workers))
    engine, pool = pod["containers"]
    assert pool["args"] == [
        f"--service_port={options['environment_config'].removeprefix('localhost:')}"
    ]
    places = [
        {x["name"]: x["mountPath"] for x in each["volumeMounts"]}["artifacts"]
        for each in (engine, pool, job_server["containers"][0])
    ]
    assert set(places) == {"/mnt/pipeline"}  # as the steps have it


@pytest.mark.parametrize("name", ["flink", "spark"])
def test_job_service_is_of_the_release_of_beam_that_the_image_has(
    name: str, repository: Path
) -> None:
    lock = (repository / "requirements/image.txt").read_text(encoding="utf-8")
    (beam,) = re.findall(r"^apache-beam(?:\[\w+\])?==([\d.]+)", lock, re.MULTILINE)
    pod: Any = pod_spec(one(f"overlays/{name}", "Deployment", "beam-job-service"))
    assert pod["containers"][0]["image"].endswith(f"_job_server:{beam}")


def test_git_keeps_no_password(repository: Path) -> None:
    lines = (KUBEFLOW / "secrets/.gitignore").read_text(encoding="utf-8").splitlines()
    assert lines[1:] == ["*", "!.gitignore", "!kustomization.yaml"]
    assert repository in KUBEFLOW.parents
