"""Whatever the environment says: the rules speak of it, or it can be rendered."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.runners.cluster.kubeflow.fixtures import IR_URI, UPSTREAM
from tests.targets.fitting_configs import GOOD, in_environment
from tfx_pipeline.runners.cluster.kubeflow.rendering import Rendering, render
from tfx_pipeline.targets.conformance import check
from tfx_pipeline.targets.rules import TARGETS

pytest.importorskip("kfp")
pytestmark = [pytest.mark.slow, pytest.mark.once]

_STEPS = st.sampled_from(["default", "Trainer", "Transform", "DataGate", "InfraCheck", "Trainr"])
_STEP = st.fixed_dictionaries(
    {},
    optional={
        "cpu": st.sampled_from([0.1, 0.333, 1, 64, 0.0015]),
        "memory": st.sampled_from(["1Mi", "1.5Gi", "2T", "300M", "0.5Ti", "7G"]),
        "gpus": st.integers(0, 8),
        "accelerator": st.sampled_from(["nvidia.com/gpu", "amd.com/gpu", "NVIDIA_TESLA_T4", ""]),
        "node_selector": st.dictionaries(st.sampled_from(["a", "x/y", ""]), st.text(max_size=4)),
        "cpu_limit": st.sampled_from([0.2, 2]),
        "memory_limit": st.sampled_from(["1Mi", "1.5Gi", "8T"]),
        "annotations": st.dictionaries(st.sampled_from(["a", "x/y", "pipeline/z"]), st.text()),
        "ephemeral_storage": st.sampled_from(["1.5Gi", {"size": "1T", "mount_path": "/s3/x"}]),
        "tolerations": st.just([{"operator": "Exists"}]),
        "retries": st.integers(0, 10),
        "timeout_s": st.integers(60, 10**9),
    },
)
_NAMES = st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,12}[a-z0-9])?", fullmatch=True)
_ENVIRONMENT = st.fixed_dictionaries(
    {},
    optional={
        "pipeline_root": st.sampled_from(
            ["/mnt/data/x", "/mnt/data", "/mnt/dat", "x", "gs://b/{pipeline}", "s3://b", "ftp://b"]
        ),
        "metadata": st.sampled_from(
            [
                {"kind": "sqlite"},
                {"kind": "sqlite", "path": "/mnt/data/m.db"},
                {"kind": "grpc", "host": "[::1]"},
                {"kind": "postgresql", "host": "db.example.com", "user": "u", "port": 1},
                {"kind": "mysql", "host": "10.0.0.1", "user": "ü", "password_file": "/mnt/data/p"},
            ]
        ),
        "beam_options": st.lists(
            st.sampled_from(
                [
                    "--runner=DataflowRunner",
                    "--runner",
                    "Flink",
                    "--runner=PortableRunner",
                    "--job_endpoint=j:1",
                    "--temp_location=gs://b",
                    "--direct_num_workers=0",
                    "=",
                    "",
                ]
            ),
            max_size=4,
        ),
        "image": st.sampled_from([None, "a:b", "a/b@sha256:0", "localhost:1/x", "x:latest"]),
        "service_account": st.sampled_from([None, "ok", "No", "a@b.iam.gserviceaccount.com"]),
        "steps": st.dictionaries(_STEPS, _STEP, max_size=4),
        "secrets": st.lists(
            st.fixed_dictionaries(
                {"name": _NAMES, "key": st.just("k"), "env": st.sampled_from(["A", "B", "PATH"])}
            ),
            max_size=3,
        ),
        "volumes": st.lists(
            st.fixed_dictionaries(
                {
                    "claim": _NAMES,
                    "mount_path": st.sampled_from(["/mnt/data", "/mnt/data/", "/usr", "/a b"]),
                }
            ),
            max_size=3,
        ),
        "runtime_parameters": st.lists(
            st.sampled_from(["model.epochs", "model.optimizer.learning_rate", "model.family"]),
            max_size=3,
            unique=True,
        ),
        "job": st.fixed_dictionaries(
            {},
            optional={
                "labels": st.dictionaries(
                    st.one_of(_NAMES, st.text(max_size=6)), st.text(max_size=6), max_size=2
                ),
                "schedule": st.sampled_from(["@daily", "0 0 6 * * *", "TZ=UTC 1 2 3 4 5"]),
                "experiment": st.just("e"),
            },
        ),
        "vertex": st.just({"training": {}, "push": {}}),
    },
)
_PUSH = st.fixed_dictionaries(
    {},
    optional={
        "base_directory": st.sampled_from(["/mnt/data/m", "models", "gs://b/m", "az://c/m"]),
        "infra_check": st.sampled_from([{"server": x} for x in ("auto", "docker", "kubernetes")]),
    },
)


@given(_ENVIRONMENT, _PUSH, st.sampled_from(["kfp", "vertex-generic"]), st.none() | st.integers(0))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
def test_check_finds_an_error_or_the_pipeline_can_be_rendered(
    environment: dict[str, Any], push: dict[str, Any], target: Any, rows: int | None
) -> None:
    good = GOOD[target]
    values = {
        "environment": {**good["environment"], **environment},
        "push": {**good["push"], **push},
    }
    try:
        config = in_environment(values)
    except ValidationError:
        return
    for each in TARGETS:
        report = check(config, each, rows)
        assert all(x.place and x.what for x in (*report.errors, *report.warnings))
    if check(config, target, rows).errors:
        return
    rendering = Rendering(config, UPSTREAM, IR_URI, for_kubernetes=target == "kfp")
    spec, *platform = yaml.safe_load_all(render(rendering))
    assert len(spec["components"]) == len(UPSTREAM)
    assert bool(platform) is (target == "kfp")
