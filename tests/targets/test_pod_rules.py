"""What the API server of Kubernetes would refuse of a pod is refused before."""

from __future__ import annotations

import pytest

from tests.targets.test_conformance import report

_STEPS = "environment.steps"


@pytest.mark.parametrize(("override", "field", "said"), [
    ("environment.volumes=[{claim: a, mount_path: /mnt/a}, {claim: a, mount_path: /mnt/b}]",
     "volumes.1.claim", "one of this name already"),
    ("environment.volumes=[{claim: a.b, mount_path: /mnt/a}]", "volumes.0.claim", "after it"),
    (f"environment.volumes=[{{claim: {64 * 'a'}, mount_path: /mnt/a}}]",
     "volumes.0.claim", "after it"),
    ("environment.volumes=[{claim: kfp-launcher, mount_path: /mnt/a}]",
     "volumes.0.claim", "one of this name already"),
    ("environment.secrets=[{name: pipeline-artifacts, mount_path: /mnt/key}]",
     "secrets.0.name", "one of this name already"),
    ("environment.secrets=[{name: a.b, mount_path: /mnt/key}]", "secrets.0.name", "after it"),
    ("environment.secrets=[{name: a, mount_path: /mnt/data}]", "secrets.0.mount_path", "twice"),
    ("environment.volumes=[{claim: a, mount_path: /gcs/data}]", "volumes.0.mount_path", "its own"),
    ("environment.volumes=[{claim: a, mount_path: /var/run}]", "volumes.0.mount_path", "its own"),
    (f"{_STEPS}={{Trainer: {{ephemeral_storage: {{size: 1Gi, mount_path: /mnt/data/}}}}}}",
     "Trainer.ephemeral_storage", "a volume at its mount_path"),
    (f"{_STEPS}={{default: {{cpu_limit: 1}}, Trainer: {{cpu: 2}}}}", "Trainer.cpu_limit", "below"),
    (f"{_STEPS}={{default: {{memory_limit: 2G}}, Trainer: {{memory: 2Gi}}}}",
     "Trainer.memory_limit", "below"),
    ("environment.config_maps={name: a, key: b, env: TFX_METADATA_PASSWORD}",
     "config_maps.0.env", "twice"),
    ("environment.config_maps={name: a, key: b, env: KFP_POD_NAME}",
     "config_maps.0.env", "sets this variable itself"),
    (f"{_STEPS}={{Trainer: {{node_affinity: {{match_expressions: {{key: a, values: b}}}}}}}}",
     "Trainer.node_affinity", "does nothing with it"),
    (f"{_STEPS}={{Trainer: {{annotations: {{a: 'x {{{{y'}}}}}}", "annotations.a", "replace"),
    (f"{_STEPS}={{Trainer: {{annotations: {{pipelines.kubeflow.org/x: y}}}}}}",
     "pipelines.kubeflow.org/x", "needs this key itself"),
    ("environment.job.labels={workflows.argoproj.io/completed: 'true'}",
     "workflows.argoproj.io/completed", "needs this key itself"),
    (f"{_STEPS}={{Trainer: {{annotations: {{a: {262144 * 'x'}}}}}}}", "annotations", "256 KiB"),
    ("environment.job.labels={a..b/c: d}", "a..b/c", "by its name"),
    ("environment.job.labels={a: '-'}", "labels.a", "by its value"),
    (f"{_STEPS}={{Trainer: {{gpus: 1, accelerator: x.kubernetes.io/gpu}}}}",
     "Trainer.accelerator", "none of this target"),
    ("environment.service_account=a..b", "service_account", "none of this target"),
    ("environment.job.schedule=99 * * * *", "job.schedule", "minute `99`: 0 to 59"),
    ("environment.job.schedule=@reboot", "job.schedule", "is none of @yearly"),
])  # fmt: skip
def test_check_of_what_the_api_server_refuses_names_the_field(
    override: str, field: str, said: str
) -> None:
    found = [x for x in report("kfp", override).errors if x.place and x.place.endswith(field)]
    assert [x.what for x in found if said in x.what], report("kfp", override).errors


@pytest.mark.parametrize("override", [
    "environment.secrets=[{name: a, mount_path: /mnt/key}, {name: a, key: b, env: C},"
    " {name: tfx-metadata, key: password, env: TFX_METADATA_PASSWORD}]",
    "environment.job.schedule=@every 6h",
    f"{_STEPS}={{Trainer: {{ephemeral_storage: 20Gi, cpu: 1, cpu_limit: 1, memory: 1.5Gi,"
    " memory_limit: 1536Mi, tolerations: {operator: Exists}, annotations: {x.example/y: z}}}",
    "environment.image_pull_secrets=[a, b]",
])  # fmt: skip
def test_check_of_what_the_api_server_takes_finds_nothing(override: str) -> None:
    found = report("kfp", override)
    assert (found.errors, found.warnings) == ((), ())


def test_check_of_node_affinity_for_a_new_back_end_finds_nothing() -> None:
    term = "{match_expressions: {key: a, values: b}}"
    found = report(
        "kfp",
        f"{_STEPS}={{Trainer: {{node_affinity: {term}}}}}",
        "environment.kubeflow.version=2.14",
    )
    assert found.errors == ()


def test_check_of_a_time_zone_for_kubeflow_says_whose_time_it_is() -> None:
    found = report("kfp", "environment.job.schedule=TZ=Europe/Berlin 0 3 * * *")
    (problem,) = found.errors
    assert problem.what == "`environment.job.schedule`: Kubeflow Pipelines takes no time zone"
    assert problem.next_step == (
        "say it in the time zone of the cluster's controller (UTC unless CRON_SCHEDULE_TIMEZONE"
        " is set)"
    )


@pytest.mark.parametrize(("override", "field"), [
    ("environment.config_maps={name: a, key: b, env: C}", "environment.config_maps"),
    ("environment.image_pull_secrets=a", "environment.image_pull_secrets"),
    ("environment.fuse=light", "environment.fuse"),
    ("environment.umask=022", "environment.umask"),
    (f"{_STEPS}.default.annotations={{a: b}}", f"{_STEPS}.default.annotations"),
    (f"{_STEPS}.default.ephemeral_storage=1Gi", f"{_STEPS}.default.ephemeral_storage"),
])  # fmt: skip
def test_check_of_what_only_kubernetes_knows_says_that_vertex_ignores_it(
    override: str, field: str
) -> None:
    found = report("vertex-native", override)
    assert [x.place for x in found.warnings if "ignored" in x.what] == [field]
