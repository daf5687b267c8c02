"""Look at the pods of a run, where this process is let in: by a kubeconfig, or in a pod itself.

Looking never fails: without the right or the address, `hint` says what a person can type.
"""

from __future__ import annotations

import json
import warnings
from typing import Any

RUN_LABEL = "pipeline/runid"
"""Of each pod of a run (backend/src/common/util/consts.go, LabelKeyWorkflowRunId)."""
_TIMEOUT_S = 10.0
_LOG_LINES = 30


class Pods:
    """The pods of one run.

    Attributes:
        hint: how to look at them, when they cannot be seen from here; empty: they can be.
    """

    def __init__(self, namespace: str, run_id: str) -> None:
        self.namespace, self.run_id = namespace, run_id
        self._logs: dict[str, str] = {}
        self._api, reason = _connect()
        self.hint = self._look_yourself(reason) if reason else ""

    @property
    def command(self) -> str:
        """What lists them."""
        return f"kubectl get pods -n {self.namespace} -l {RUN_LABEL}={self.run_id}"

    def look(self) -> list[dict[str, Any]]:
        """Give them as the API writes them, the newest last; none when they cannot be seen."""
        selector = f"{RUN_LABEL}={self.run_id}"
        pods = self._items("list_namespaced_pod", label_selector=selector, needed=True)
        return sorted(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp", "")))

    def warnings(self, pod: str) -> list[dict[str, Any]]:
        """Give the events that warn of something about a pod; the newest last."""
        selector = f"involvedObject.name={pod},type=Warning"
        events = self._items("list_namespaced_event", field_selector=selector)
        return sorted(events, key=lambda x: str(x.get("lastTimestamp") or x.get("eventTime") or ""))

    def log(self, pod: str) -> str:
        """Give the end of the log of a pod that has ended; empty when it cannot be read."""
        if pod not in self._logs:
            self._logs[pod] = self._read(
                "read_namespaced_pod_log", pod, container="main", tail_lines=_LOG_LINES
            )
        return self._logs[pod]

    def _items(self, method: str, *, needed: bool = False, **asked: Any) -> list[dict[str, Any]]:
        text = self._read(method, needed=needed, **asked)
        try:
            items = json.loads(text).get("items") if text else None
        except (ValueError, AttributeError):  # a page of something else
            items = None
        return list(items or ())

    def _read(self, method: str, *name: str, needed: bool = False, **asked: Any) -> str:
        if self._api is None:
            return ""
        try:
            answer = getattr(self._api, method)(
                *name,
                namespace=self.namespace,
                _request_timeout=_TIMEOUT_S,
                _preload_content=False,
                **asked,
            )
        except Exception as error:  # whatever a network, a plugin for logins, or a server makes
            if needed:
                self.hint = self._look_yourself(_said(error))
            return ""
        if needed:
            self.hint = ""
        return bytes(answer.data).decode("utf-8", "replace")

    def _look_yourself(self, reason: str) -> str:
        return f"pods cannot be seen from here ({reason}); to see them: {self.command}"


def _connect() -> tuple[Any, str]:
    """Find the cluster; give its API, or nothing and the reason."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from kubernetes import client, config
        except ImportError:
            return None, "the package `kubernetes` is not installed"
    settings = client.Configuration()
    try:
        try:
            config.load_incluster_config(client_configuration=settings)
        except config.ConfigException:
            config.load_kube_config(client_configuration=settings)
    except Exception:  # no file, one that is none, or a plugin that does not work
        return None, "there is no kubeconfig that can be used"
    settings.retries = False
    return client.CoreV1Api(client.ApiClient(settings)), ""


def _said(error: Exception) -> str:
    status = getattr(error, "status", None)
    if status in (401, 403):
        return f"no right to list pods: {status}"
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "the cluster's certificate is not trusted"
    return f"the cluster answered {status}" if status else "the cluster does not answer"
