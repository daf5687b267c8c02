"""Texts and sections of Kubernetes: what its API server takes."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tfx_pipeline.config.sections.environment import EnvironmentConfig
from tfx_pipeline.config.sections.kubernetes import (
    LABEL_KEY,
    LABEL_VALUE,
    NAME,
    VOLUME_NAME,
    ConfigMapConfig,
    EphemeralStorageConfig,
    MachineLabelConfig,
    NodeAffinityConfig,
    SecretConfig,
    TolerationConfig,
    VolumeConfig,
    quantity_bytes,
)
from tfx_pipeline.config.sections.section import Section, TextForm

# As `pkg/util/validation` of k8s.io/apimachinery tests them.
_FITTING: list[tuple[TextForm, str]] = [
    *((NAME, x) for x in ("a", "a.b", "a-b.c-1", "0.0", 253 * "a")),
    *((VOLUME_NAME, x) for x in ("a", "1", "a--b", 63 * "a")),
    *((LABEL_KEY, x) for x in ("simple", "now.with_dots-1", "a.b/C_d", "1/1", f"{253 * 'a'}/b")),
    *((LABEL_VALUE, x) for x in ("", "a", "A_b.c-9", 63 * "a")),
]
_WRONG: list[tuple[TextForm, str]] = [
    *((NAME, x) for x in ("", "A", "a..b", "a.-b", "a-.b", ".a", "a_b", 254 * "a", "a\n")),
    *((VOLUME_NAME, x) for x in ("", "a.b", "-a", "a-", 64 * "a")),
    *((LABEL_KEY, x) for x in ("", "a/b/c", "/b", "a/", "A/b", "-a", "a..b/c", 64 * "a")),
    *((LABEL_KEY, x) for x in (f"{254 * 'a'}/b", "a b", "ä")),
    *((LABEL_VALUE, x) for x in ("-", "a/b", "a ", 64 * "a")),
]


@pytest.mark.parametrize(("form", "text"), _FITTING)
def test_fits_of_a_text_that_kubernetes_takes_is_true(form: TextForm, text: str) -> None:
    assert form.fits(text)


@pytest.mark.parametrize(("form", "text"), _WRONG)
def test_fits_of_a_text_that_kubernetes_refuses_is_false(form: TextForm, text: str) -> None:
    assert not form.fits(text)


@pytest.mark.parametrize(("section", "values", "said"), [
    (SecretConfig, {"name": "a"}, "either `key` and `env`, or `mount_path` alone"),
    (SecretConfig, {"name": "a", "key": "k"}, "either"),
    (SecretConfig, {"name": "a", "key": "k", "env": "E", "mount_path": "/x"}, "either"),
    (SecretConfig, {"name": "a", "key": "..", "env": "E"}, "not `.`"),
    (ConfigMapConfig, {"name": "a", "key": "..x", "env": "E"}, "no `..` first"),
    (VolumeConfig, {"claim": "a", "mount_path": "/a:b"}, "absolute path"),
    (VolumeConfig, {"claim": "a", "mount_path": "/mnt/../kfp-launcher"}, "parts `.` or `..`"),
    (VolumeConfig, {"claim": "a", "mount_path": "/mnt/."}, "parts `.` or `..`"),
    (EnvironmentConfig, {"image": "{{x}}:1"}, "an image with its tag"),
    (EnvironmentConfig, {"image": "registry/$(NAME):1"}, "its name in lower case"),
    (EnvironmentConfig, {"image": "registry/Name:1"}, "its name in lower case"),
    (EnvironmentConfig, {"image": "name@sha256:12"}, "an image with its tag"),
    (EnvironmentConfig, {"steps": {"default": {"cpu": 1e300}}}, "less than or equal to 10000"),
    (TolerationConfig, {}, "without a `key`"),
    (TolerationConfig, {"operator": "Exists", "value": "a"}, "takes no `value`"),
    (TolerationConfig, {"key": "a", "toleration_seconds": 3}, "goes with `effect: NoExecute`"),
    (MachineLabelConfig, {"key": "a"}, "`operator: In` needs `values`"),
    (MachineLabelConfig, {"key": "a", "operator": "Exists", "values": ["b"]}, "takes no `values`"),
    (MachineLabelConfig, {"key": "a", "operator": "Gt", "values": ["b"]}, "one whole number"),
    (MachineLabelConfig, {"key": "a", "operator": "Gt", "values": ["1" * 19]}, "18 digits at most"),
    (NodeAffinityConfig, {"match_expressions": []}, "at least 1 item"),
    (EphemeralStorageConfig, {"size": "0.0Gi"}, "above 0"),
    (EphemeralStorageConfig, {"size": "1"}, "a unit"),
    (EnvironmentConfig, {"umask": "127"}, "the owner keeps all rights"),
    (EnvironmentConfig, {"umask": "020"}, "others never write"),
    (EnvironmentConfig, {"image_pull_secrets": ["A"]}, "lower-case letters"),
    (EnvironmentConfig, {"kubeflow": {"version": "2.3"}}, "2.4 or newer"),
    (EnvironmentConfig, {"kubeflow": {"namespace": "a.b"}}, "63 at most"),
])  # fmt: skip
def test_section_of_what_kubernetes_refuses_says_what_is_allowed(
    section: type[Section], values: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        section.model_validate(values)


@pytest.mark.parametrize("image", [
    "name:1.0", "registry.example.com/a/b-c__d:1", "localhost:5000/x:V_1", "[::1]:5000/x:1",
    f"a/b@sha256:{64 * 'a'}", f"a/b:1@sha256:{64 * '0'}", "REGISTRY.example/x:1", "europe-docker"
    ".pkg.dev/my-project/repo/image:20260101",
])  # fmt: skip
def test_environment_takes_an_image_that_a_machine_can_ask_for(image: str) -> None:
    assert EnvironmentConfig(image=image).image == image


@pytest.mark.parametrize("place", ["/mnt/..data", "/mnt/a.b/", "/.x"])
def test_volume_takes_a_place_with_dots_in_names(place: str) -> None:
    assert VolumeConfig(claim="a", mount_path=place).mount_path == place


def test_environment_takes_short_forms() -> None:
    found = EnvironmentConfig.model_validate(
        {
            "image_pull_secrets": "a, b",
            "steps": {"default": {"ephemeral_storage": "2Gi", "tolerations": {"key": "x"}}},
        }
    )
    assert found.image_pull_secrets == ("a", "b")
    step = found.step("Trainer")
    assert step.ephemeral_storage == EphemeralStorageConfig(size="2Gi", mount_path="/tmp")
    assert [x.key for x in step.tolerations] == ["x"]


@pytest.mark.parametrize(("quantity", "expected"), [
    ("1Mi", 1048576), ("1.5Gi", 1610612736), ("2T", 2e12), ("0.5G", 5e8),
])  # fmt: skip
def test_quantity_bytes_counts_by_the_unit(quantity: str, expected: float) -> None:
    assert quantity_bytes(quantity) == expected
