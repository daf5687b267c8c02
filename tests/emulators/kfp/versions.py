"""Where the versions of Kubeflow Pipelines that we support differ."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Version:
    """One version.

    Attributes:
        name: of its tag.
        driver_fills_arguments: the driver replaces `{{$.inputs…}}` in words, with Go's `%g`
            (driver/util.go, resolveContainerArgs, pbValueToString); else the launcher alone does.
        constants_are_filled: the driver knows `{{$.pipeline_job_uuid}}` and its like where they
            are a task's whole input (driver/resolve.go, resolveInputParameter).
        retry_policy: of Argo where a template names none: 2.17 ships `templateDefaults` with
            OnError (manifests/kustomize/third-party/argo/base/
            workflow-controller-configmap-patch.yaml), 2.4.1 nothing, which is OnFailure.
        retries_from_inputs: what a retry policy leaves out is "0", so that with no
            backoffMaxDuration Argo never tries again (argocompiler/container.go,
            addParameterDefault); else no limit of time (getTaskRetryStrategy).
        kubernetes_checked_at: where a field that nobody knows is found.
        labels_by_task: each pod has the labels of its own task; else those of the first task
            without retries (argocompiler/container.go, addContainerExecutorTemplate).
        affinity: whether the driver heeds `nodeAffinity` (driver/k8s.go, extendPodSpecPatch).
        labels_role: the API server writes the annotation runtime-role (argocompiler/common.go).
    """

    name: str
    driver_fills_arguments: bool
    constants_are_filled: bool
    retry_policy: str
    retries_from_inputs: bool
    kubernetes_checked_at: str
    labels_by_task: bool
    affinity: bool
    labels_role: bool


KFP_2_4_1 = Version("2.4.1", False, False, "OnFailure", False, "driver", False, False, False)
KFP_2_17 = Version("2.17", True, True, "OnError", True, "run", True, True, True)
VERSIONS = {version.name: version for version in (KFP_2_4_1, KFP_2_17)}
