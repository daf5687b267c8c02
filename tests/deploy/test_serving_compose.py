"""The compose file: valid by the schema of the Compose Specification, closed, and watched."""

from __future__ import annotations

import http.server
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.serving import SERVING, compose_service

_COMPOSE = SERVING / "compose.yaml"


def _validate(file: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    return subprocess.run([*words, str(file)], capture_output=True, text=True, check=False)


def test_compose_file_fits_the_schema() -> None:
    done = _validate(_COMPOSE)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("read_onlyy", True, "'read_onlyy' was unexpected"),
        ("cap_drop", "ALL", "'ALL' is not of type 'array'"),
    ],
)
def test_compose_file_with_a_wrong_field_is_refused(
    tmp_path: Path, field: str, value: Any, message: str
) -> None:
    document = yaml.safe_load(_COMPOSE.read_text(encoding="utf-8"))
    document["services"]["model-server"][field] = value
    (tmp_path / "compose.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    done = _validate(tmp_path / "compose.yaml")
    assert done.returncode == 1
    assert message in done.stdout


def test_container_is_closed() -> None:
    service = compose_service()
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] == "${SERVER_USER:-10001:10001}"
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert all(volume["read_only"] for volume in service["volumes"])
    assert service["init"] is True


def test_mounted_folders_are_there() -> None:
    sources = [volume["source"] for volume in compose_service()["volumes"]]
    defaults = [re.sub(r"\$\{\w+:-(.*)\}", r"\1", source) for source in sources]
    assert defaults == ["../../serving_model", "./config"]
    assert (SERVING / defaults[1] / "models.config").is_file()


@contextmanager
def _answering(body: str) -> Iterator[int]:
    class Status(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == "/v1/models/taxi"
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Status)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def run_health_check(port: int) -> int:
    """Run the container's health check on this machine; return its exit status."""
    (kind, *command) = compose_service()["healthcheck"]["test"]
    assert kind == "CMD"
    words = [word.replace("8501", str(port)) for word in command]
    return subprocess.run(words, check=False, capture_output=True, timeout=5).returncode


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash on PATH; the image has one")
@pytest.mark.parametrize(("state", "healthy"), [("AVAILABLE", True), ("END", False)])
def test_health_check_asks_for_an_available_version(state: str, healthy: bool) -> None:
    with _answering(f'{{\n "model_version_status": [{{"state": "{state}"}}]\n}}\n') as port:
        assert (run_health_check(port) == 0) is healthy
    assert run_health_check(port) != 0  # nobody listens
