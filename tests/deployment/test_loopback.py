"""Calls to loopback use no proxy of the environment; all others do."""

from __future__ import annotations

import contextlib
import socket
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests.utils

from tfx_pipeline import cli
from tfx_pipeline.deployment import grpc_client
from tfx_pipeline.deployment.client import UnreachableError
from tfx_pipeline.deployment.grpc_client import GrpcClient
from tfx_pipeline.deployment.loopback import is_loopback, keep_off_proxies
from tfx_pipeline.serving.errors import Code, ServingError

PROXIES = ("http_proxy", "https_proxy", "grpc_proxy", "all_proxy")
NOWHERE = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    "address",
    [
        "localhost",
        "localhost:8500",
        "LOCALHOST.:8500",
        "a.localhost:8500",
        "127.0.0.1",
        "127.0.0.1:8500",
        "127.8.9.10:8500",
        "::1",
        "[::1]:8500",
        "[::1%lo]:8500",
        "[::ffff:127.0.0.1]:8500",
        "0.0.0.0:8500",
        "http://localhost:8501/x",
        "https://[::1]:8501",
        "dns:localhost:8500",
        "dns:///localhost:8500",
        "dns://8.8.8.8/localhost:8500",
        "ipv4:127.0.0.1:8500",
        "ipv6:[::1]:8500",
        "ipv6:%5B::1%5D:8500",
    ],
)
def test_is_loopback_of_this_machine(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address",
    [
        "example.com:8500",
        "localhost.example.com:8500",
        "notlocalhost",
        "128.0.0.1:8500",
        "10.0.0.1",
        "[2001:db8::1]:8500",
        "dns:///example.com:8500",
        "dns://127.0.0.1/example.com:8500",
        "dns:8500",
        "http://user@example.com/127.0.0.1",
        "unix:/tmp/socket",
        "",
    ],
)
def test_is_loopback_of_others_is_not(address: str) -> None:
    assert not is_loopback(address)


@pytest.mark.parametrize(
    ("before", "no_proxy"),
    [
        ({"http_proxy": "p"}, "localhost,127.0.0.1,::1,[::1]"),
        ({"HTTPS_PROXY": "p"}, "localhost,127.0.0.1,::1,[::1]"),
        ({"all_proxy": "p", "no_proxy": "a.com, ::1"}, "a.com,::1,localhost,127.0.0.1,[::1]"),
        ({"grpc_proxy": "p", "NO_PROXY": "b.com"}, "b.com,localhost,127.0.0.1,::1,[::1]"),
        ({"http_proxy": "p", "no_proxy": "*"}, "*"),
        ({"http_proxy": ""}, None),
        ({"no_proxy": "a.com"}, "a.com"),
        ({}, None),
    ],
)
def test_keep_off_proxies_adds_loopback_where_a_proxy_is_named(
    before: dict[str, str], no_proxy: str | None
) -> None:
    environment = dict(before)
    keep_off_proxies(environment)
    keep_off_proxies(environment)
    assert environment.get("no_proxy") == no_proxy
    assert {x: environment[x] for x in before if "no_" not in x.lower()} == {
        x: before[x] for x in before if "no_" not in x.lower()
    }


def test_keep_off_proxies_heeds_what_grpc_alone_is_told() -> None:
    environment = {"http_proxy": "p", "no_proxy": "a.com", "no_grpc_proxy": "b.com"}
    keep_off_proxies(environment)
    assert environment["no_grpc_proxy"] == "b.com,localhost,127.0.0.1,::1,[::1]"


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in (*PROXIES, "no_proxy", "no_grpc_proxy"):
        for each in (name, name.upper()):
            monkeypatch.setenv(each, "")
            monkeypatch.delenv(each)
    return monkeypatch


@pytest.mark.parametrize("name", [*PROXIES, *map(str.upper, PROXIES)])
@pytest.mark.parametrize("other", [None, "a.com", "*.b.com"])
def test_command_line_keeps_other_libraries_off_too(
    clean: pytest.MonkeyPatch, name: str, other: str | None
) -> None:
    clean.setenv(name, NOWHERE)
    if other:
        clean.setenv("NO_PROXY", other)
    assert cli.main(["run", "--config", "nowhere.yaml"]) == 2
    for address in ("127.0.0.1:9", "localhost:9", "[::1]:9"):
        assert urllib.request.proxy_bypass(address)
        assert requests.utils.should_bypass_proxies(f"http://{address}/x", None)
    assert not urllib.request.proxy_bypass("example.com:80")
    assert not requests.utils.should_bypass_proxies("http://example.com/x", None)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A gRPC server without a service, on every loopback address."""
    import grpc

    server = grpc.server(ThreadPoolExecutor(1))
    number: int = server.add_insecure_port("127.0.0.1:0")
    with contextlib.suppress(RuntimeError):
        server.add_insecure_port(f"[::1]:{number}")
    server.start()
    yield number
    server.stop(0)


@pytest.mark.slow
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "dns:///localhost"])
@pytest.mark.parametrize("name", [*PROXIES, *map(str.upper, PROXIES)])
def test_grpc_client_reaches_loopback_without_a_proxy(
    clean: pytest.MonkeyPatch, port: int, host: str, name: str
) -> None:
    if host == "[::1]" and not _has_ipv6():
        pytest.skip("no IPv6 here")
    clean.setenv(name, NOWHERE)
    clean.setenv("no_proxy", "a.com")
    client = GrpcClient(f"{host}:{port}")
    with contextlib.closing(client), pytest.raises(ServingError) as error:
        client.states("m")
    assert error.value.code is Code.UNIMPLEMENTED  # the server said so


@pytest.mark.slow
def test_grpc_client_asks_a_proxy_for_other_addresses(clean: pytest.MonkeyPatch) -> None:
    clean.setattr(grpc_client, "_CONNECT_S", 3.0)
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        asked: list[bytes] = []

        def answer() -> None:
            connection, _ = proxy.accept()
            with connection:
                asked.append(connection.recv(100))
                connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        clean.setenv("http_proxy", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        keep_off_proxies()
        client = GrpcClient("model.example.com:8500")
        with contextlib.closing(client), pytest.raises(UnreachableError):
            client.states("m")
        thread.join(10)
    assert asked[0].startswith(b"CONNECT model.example.com:8500 ")


def _has_ipv6() -> bool:
    with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False
