"""Our HTTP server, through sockets, with applications of a few lines behind it."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import logging
import resource
import socket
import ssl
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving.http_running import ThreadServer, read_all, serving
from tfx_pipeline.serving.config.options import ServerOptions
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.http import port as http_port
from tfx_pipeline.serving.http.messages import App, Reply, Request, Response


class Echo(App):
    """Answers with the body, or the target; `/sleep` waits, `/big` is big, `/raise` raises.

    `/gate` waits until `gate` is set.

    What begins with `/now` or `/later` is answered without a coroutine, at once or after a turn.
    """

    def __init__(self) -> None:
        self.seen: list[Request] = []
        self.gate = asyncio.Event()

    def answer(self, request: Request, reply: Reply) -> Coroutine[Any, Any, Response] | None:
        if request.target.startswith(b"/now"):
            reply(Response(200, request.body or request.target))
        elif request.target.startswith(b"/later"):
            response = Response(200, request.body or request.target)
            asyncio.get_running_loop().call_later(0.001, reply, response)
        elif request.target == b"/raise-now":
            raise RuntimeError("a mistake of ours")
        else:
            return self.respond(request)
        return None

    async def respond(self, request: Request) -> Response:
        self.seen.append(request)
        if request.target == b"/sleep":
            await asyncio.sleep(0.3)
        if request.target == b"/gate":
            await self.gate.wait()
        if request.target == b"/forever":
            await asyncio.sleep(60)
        if request.target == b"/big":
            return Response(200, b"x" * 20_000_000)
        if request.target == b"/raise":
            raise RuntimeError("a mistake of ours")
        return Response(200, request.body or request.target)


@pytest.fixture
def server() -> Iterator[ThreadServer]:
    with serving(Echo) as running:
        yield running


def post(target: str, body: bytes, *headers: str) -> bytes:
    lines = [f"POST {target} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def get(target: str, *headers: str, version: str = "1.1") -> bytes:
    return "\r\n".join([f"GET {target} HTTP/{version}", "Host: x", *headers]).encode() + b"\r\n\r\n"


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def bodies(answer: bytes) -> list[bytes]:
    """Take the bodies out of answers that follow each other."""
    found = []
    while answer:
        head, _, rest = answer.partition(b"\r\n\r\n")
        [length] = [
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        ]
        found.append(rest[:length])
        answer = rest[length:]
    return found


def test_response_has_status_type_length_and_date(server: ThreadServer) -> None:
    status, headers, body = server.call("POST", "/a", b"hello")
    assert (status, body) == (200, b"hello")
    assert headers["content-type"] == "application/json"
    assert headers["content-length"] == "5"
    date = datetime.datetime.strptime(headers["date"], "%a, %d %b %Y %H:%M:%S GMT")
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    assert abs((now - date).total_seconds()) < 5
    assert "connection" not in headers


def test_requests_in_one_packet_are_answered_in_their_order(server: ThreadServer) -> None:
    with server.connect() as client:
        client.sendall(
            get("/sleep") + post("/b", b"two") + get("/three") + get("/4", "Connection: close")
        )
        assert bodies(read_all(client)) == [b"/sleep", b"two", b"/three", b"/4"]


def test_replies_and_coroutines_are_answered_in_their_order(server: ThreadServer) -> None:
    targets = ["/later1", "/now1", "/sleep", "/now2", "/now3", "/later2", "/b"]
    with server.connect() as client:
        client.sendall(b"".join(map(get, targets)) + get("/raise-now") + get("/now4"))
        client.sendall(get("/5", "Connection: close"))
        answer = read_all(client)
    found = bodies(answer)
    assert found[:7] == [target.encode() for target in targets]
    assert b"Internal Server Error" in found[7]
    assert found[8:] == [b"/now4", b"/5"]


def test_thousand_immediate_replies_in_one_packet_are_all_sent(server: ThreadServer) -> None:
    with server.connect() as client:
        client.sendall(
            b"".join(get(f"/now{n}") for n in range(1000)) + get("/x", "Connection: close")
        )
        assert bodies(read_all(client)) == [b"/now%d" % n for n in range(1000)] + [b"/x"]


def test_thousand_requests_in_one_packet_are_all_answered(server: ThreadServer) -> None:
    with server.connect() as client:
        client.sendall(b"".join(get(f"/{number}") for number in range(1000)))
        client.shutdown(socket.SHUT_WR)
        answers = bodies(read_all(client))
    assert answers == [f"/{number}".encode() for number in range(1000)]


def test_body_in_chunks_is_put_together(server: ThreadServer) -> None:
    with server.connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for part in (b"3\r\nabc\r\n", b"4;ext=1\r\ndefg\r\n", b"0\r\nTrailer: t\r\n\r\n"):
            time.sleep(0.02)
            client.sendall(part)
        client.shutdown(socket.SHUT_WR)
        assert bodies(read_all(client)) == [b"abcdefg"]


def test_request_byte_by_byte_is_answered(server: ThreadServer) -> None:
    with server.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in post("/slow", b"body", "Connection: close"):
            client.sendall(bytes([byte]))
        assert bodies(read_all(client)) == [b"body"]


def test_expectation_is_encouraged_before_the_body_comes(server: ThreadServer) -> None:
    with server.connect() as client:
        head, _, body = post("/e", b"data", "Expect: 100-continue").partition(b"\r\n\r\n")
        client.sendall(head + b"\r\n\r\n")
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(body)
        client.shutdown(socket.SHUT_WR)
        assert bodies(read_all(client)) == [b"data"]


def test_http_1_0_closes_unless_it_is_asked_not_to(server: ThreadServer) -> None:
    with server.connect() as client:
        client.sendall(get("/old", "Connection: keep-alive", version="1.0"))
        first = client.recv(65536)
        assert b"\r\nConnection: keep-alive\r\n" in first
        client.sendall(get("/older", version="1.0"))
        second = read_all(client)
        assert b"\r\nConnection: close\r\n" in second
        assert bodies(second) == [b"/older"]


def test_offer_of_another_protocol_is_passed_over(server: ThreadServer) -> None:
    with server.connect() as client:
        upgrade = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMA")
        client.sendall(post("/h2c", b"body", *upgrade) + get("/next", "Connection: close"))
        assert bodies(read_all(client)) == [b"body", b"/next"]


def test_offer_of_another_protocol_with_an_expectation_is_encouraged_once(
    server: ThreadServer,
) -> None:
    with server.connect() as client:
        headers = ("Connection: Upgrade", "Upgrade: h2c", "Expect: 100-continue")
        client.sendall(post("/h2c", b"", *headers))
        client.shutdown(socket.SHUT_WR)
        assert read_all(client).count(b"100 Continue") == 1


def test_head_gets_no_body(server: ThreadServer) -> None:
    with server.connect() as client:
        client.sendall(b"HEAD /h HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert read_all(client).endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "garbage",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_no_http_gets_400_and_the_connection_closes(
    server: ThreadServer, garbage: bytes
) -> None:
    with server.connect() as client:
        client.sendall(garbage)
        answer = read_all(client)
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"<H1>Bad Request</H1>" in answer
    assert server.call("GET", "/fine")[0] == 200


def test_what_is_no_http_behind_a_request_is_refused_after_its_answer(
    server: ThreadServer,
) -> None:
    with server.connect() as client:
        client.sendall(get("/sleep") + b"garbage\r\n\r\n")
        answer = read_all(client)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"HTTP/1.1 400 Bad Request\r\n" in answer


def test_headers_without_end_get_431(server: ThreadServer) -> None:
    with server.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\n")
        with contextlib.suppress(OSError):
            for _ in range(100):
                client.sendall(b"X-Filler: " + b"y" * 1000 + b"\r\n")
        assert read_all(client).startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")


def test_header_name_without_end_gets_431(server: ThreadServer) -> None:
    with server.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\n")
        with contextlib.suppress(OSError):
            for _ in range(100):
                client.sendall(b"X" * 1000)
        assert read_all(client).startswith(b"HTTP/1.1 431 ")


def test_body_of_many_megabytes_comes_back(server: ThreadServer) -> None:
    body = bytes(range(256)) * 200_000
    assert server.call("POST", "/huge", body)[2] == body


def test_bodies_beyond_the_memory_are_refused_and_others_are_served(server: ThreadServer) -> None:
    shared = server.server._shared
    shared.budget.most = 1_000_000
    with server.connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n\r\n")
        for _ in range(20):  # it takes them after its refusal too, so that this can be read
            client.sendall(b"z" * 100_000)
            time.sleep(0.005)
        answer = read_all(client)
    assert answer.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
    assert b'"error": "Requests of more than 1000000 bytes are in flight"' in answer
    assert server.call("POST", "/fine", b"ok")[2] == b"ok"
    wait_until(lambda: shared.budget.held == 0)


def test_client_that_leaves_in_the_middle_of_a_body_leaves_nothing_behind(
    server: ThreadServer,
) -> None:
    shared = server.server._shared
    with server.connect() as client:
        client.sendall(
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n" + b"h" * 1000
        )
        wait_until(lambda: shared.budget.held > 1000)
    wait_until(lambda: (shared.budget.held, shared._connections) == (0, set()))
    assert server.app.seen == []


def test_client_that_leaves_before_its_answer_harms_nobody(server: ThreadServer) -> None:
    with server.connect() as client:
        client.sendall(get("/gate"))
        wait_until(lambda: bool(server.app.seen))
    assert server.call("GET", "/fine")[0] == 200
    server.loop.call_soon_threadsafe(server.app.gate.set)
    shared = server.server._shared
    wait_until(lambda: (shared.budget.held, shared._connections) == (0, set()))


def test_client_that_stops_sending_still_gets_its_answer(server: ThreadServer) -> None:
    with server.connect() as client:
        client.sendall(get("/sleep"))
        client.shutdown(socket.SHUT_WR)
        assert bodies(read_all(client)) == [b"/sleep"]


def test_client_that_stops_sending_in_the_middle_gets_the_answers_to_what_is_whole(
    server: ThreadServer,
) -> None:
    with server.connect() as client:
        client.sendall(get("/sleep") + get("/b") + b"GET /c HT")
        client.shutdown(socket.SHUT_WR)
        assert bodies(read_all(client)) == [b"/sleep", b"/b"]


def test_client_that_does_not_read_stops_only_itself(server: ThreadServer) -> None:
    with server.connect() as client:
        client.sendall(get("/big") * 5)
        wait_until(lambda: bool(server.app.seen))
        time.sleep(0.2)
        assert [each.target for each in server.app.seen] == [b"/big"]
        assert server.call("GET", "/fine")[0] == 200
        client.sendall(get("/last", "Connection: close"))
        sizes = [len(body) for body in bodies(read_all(client))]
    assert sizes == [20_000_000] * 5 + [5]


def test_client_that_reads_slowly_gets_all_of_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_port, "STUCK_S", 2.0)
    monkeypatch.setattr(http_port, "_TICK_S", 0.05)
    with serving(Echo) as server, server.connect() as client:
        client.sendall(get("/big", "Connection: close"))
        size, started = 0, time.monotonic()
        while part := client.recv(500_000):
            size += len(part)
            time.sleep(0.08)
        assert time.monotonic() - started > 1.5 * http_port.STUCK_S
    assert size > 20_000_000


def test_client_that_sends_requests_faster_than_they_are_answered_has_to_wait(
    server: ThreadServer,
) -> None:
    flood = get("/x") * 1000
    with server.connect() as client:
        client.sendall(get("/forever"))
        client.settimeout(0.3)
        sent = 0
        with contextlib.suppress(socket.timeout):
            for sent in range(1000):  # noqa: B007
                client.sendall(flood)
        assert sent < 999
        assert server.server._shared.budget.held < 2_000_000


@pytest.mark.parametrize(
    "begun", [b"", b"GET / HT", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n"]
)
def test_client_that_goes_quiet_is_closed(monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    monkeypatch.setattr(http_port, "STUCK_S", 0.2)
    monkeypatch.setattr(http_port, "_TICK_S", 0.05)
    with serving(Echo) as server, server.connect() as client:
        client.sendall(begun)
        with contextlib.suppress(ConnectionResetError):
            assert read_all(client) == b""


def test_client_that_sends_its_head_drop_by_drop_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_port, "STUCK_S", 0.2)
    monkeypatch.setattr(http_port, "_TICK_S", 0.05)
    with serving(Echo) as server, server.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\n")
        sent = 0
        with contextlib.suppress(OSError):
            for sent in range(100):  # noqa: B007
                client.sendall(b"A: b\r\n")
                time.sleep(0.05)
        assert sent < 50


def test_request_that_takes_longer_than_the_quiet_time_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_port, "STUCK_S", 0.05)
    monkeypatch.setattr(http_port, "_TICK_S", 0.01)
    with serving(Echo) as server:
        assert server.call("GET", "/sleep")[2] == b"/sleep"


def test_application_that_raises_gives_500_and_goes_on(
    server: ThreadServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        assert server.call("GET", "/raise")[0] == 500
    assert "a mistake of ours" in caplog.text
    assert server.call("GET", "/fine")[0] == 200


def test_stop_answers_what_is_in_flight_and_closes_idle_connections_at_once(
    server: ThreadServer,
) -> None:
    with server.connect() as idle, server.connect() as busy, server.connect() as half:
        idle.sendall(get("/idle"))
        assert bodies(idle.recv(65536)) == [b"/idle"]
        half.sendall(post("/half", b"12345")[:-2])
        wait_until(lambda: server.server._shared.budget.held > 0)
        busy.sendall(get("/gate"))
        wait_until(lambda: server.app.seen[-1].target == b"/gate")
        stopping = asyncio.run_coroutine_threadsafe(server.server.stop(3600), server.loop)
        assert read_all(idle) == b""  # while the others are still to be answered
        half.sendall(b"45")
        server.loop.call_soon_threadsafe(server.app.gate.set)
        answer = read_all(busy)
        assert b"\r\nConnection: close\r\n" in answer
        assert bodies(answer) == [b"/gate"]
        assert bodies(read_all(half)) == [b"12345"]
        stopping.result(60)
    with pytest.raises(ConnectionRefusedError):
        server.connect()


def test_stop_answers_a_request_that_was_sent_before_it(server: ThreadServer) -> None:
    async def stop_with_a_request_unread() -> None:
        client.sendall(get("/unread"))
        time.sleep(0.05)  # the loop is held up, and cannot read it
        await server.server.stop(1)

    with server.connect() as client:
        client.sendall(get("/first"))
        assert bodies(client.recv(65536)) == [b"/first"]
        server.run(stop_with_a_request_unread())
        assert bodies(read_all(client)) == [b"/unread"]


def test_stop_cuts_off_what_does_not_end_in_time(server: ThreadServer) -> None:
    with server.connect() as client:
        client.sendall(get("/forever"))
        wait_until(lambda: bool(server.app.seen))
        started = time.monotonic()
        server.run(server.server.stop(0.2))
        assert 0.2 <= time.monotonic() - started < 30
        with contextlib.suppress(ConnectionResetError):
            assert client.recv(100) == b""


def test_port_in_use_is_an_error_that_names_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(ServingError) as caught,
            serving(Echo, ServerOptions(rest_api_port=port)),
        ):
            pass
    assert caught.value.code is Code.UNAVAILABLE
    assert caught.value.message == (
        f"Failed to start HTTP Server at 127.0.0.1:{port}: Address already in use"
    )


def test_address_of_another_machine_is_an_error() -> None:
    options = ServerOptions(bind_address="203.0.113.1")
    with (
        pytest.raises(ServingError, match=r"Failed to start HTTP Server at 203\.0\.113\.1:0: "),
        serving(Echo, options),
    ):
        pass


@pytest.mark.parametrize("address", ["::1", "::"])
def test_addresses_of_ip_version_6_are_served(address: str) -> None:
    with serving(Echo, ServerOptions(bind_address=address)) as server:
        with socket.create_connection(("::1", server.port), 5) as client:
            client.sendall(get("/six", "Connection: close"))
            assert bodies(read_all(client)) == [b"/six"]
        if address == "::":
            assert server.call("GET", "/four")[2] == b"/four"


def test_several_workers_listen_at_the_same_port() -> None:
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(serving(Echo, ServerOptions(workers=2)))
        options = ServerOptions(workers=2, rest_api_port=first.port)
        second = stack.enter_context(serving(Echo, options))
        for number in range(40):
            assert first.call("GET", f"/{number}")[2] == f"/{number}".encode()
        assert len(first.app.seen) + len(second.app.seen) == 40
        assert first.app.seen and second.app.seen


def test_thousands_of_idle_connections_leave_the_server_responsive(server: ThreadServer) -> None:
    # Both ends of each are in this process.
    count = min(5000, (resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 200) // 2)
    with contextlib.ExitStack() as idle:
        for _ in range(count):
            idle.enter_context(server.connect())
        wait_until(lambda: len(server.server._shared._connections) == count)
        best = min(_seconds_of_a_call(server) for _ in range(10))
        assert best < 0.1
    assert server.call("GET", "/after")[0] == 200


def _seconds_of_a_call(server: ThreadServer) -> float:
    started = time.monotonic()
    assert server.call("GET", "/x")[0] == 200
    return time.monotonic() - started


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    cryptography = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = cryptography.Name(
        [cryptography.NameAttribute(cryptography.NameOID.COMMON_NAME, "localhost")]
    )
    now = datetime.datetime.now(datetime.timezone.utc)
    made: Any = (
        cryptography.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            cryptography.SubjectAlternativeName([cryptography.DNSName("localhost")]), False
        )
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


def test_tls_serves_clients_that_trust_the_certificate(certificate: tuple[Path, Path]) -> None:
    options = ServerOptions(
        rest_tls_cert_file=str(certificate[0]), rest_tls_key_file=str(certificate[1])
    )
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    with serving(Echo, options) as server:
        with trusting.wrap_socket(server.connect(), server_hostname="localhost") as client:
            client.sendall(post("/s", b"secret" * 50_000, "Connection: close"))
            assert bodies(read_all(client)) == [b"secret" * 50_000]
        with pytest.raises(ssl.SSLError):
            ssl.create_default_context().wrap_socket(server.connect(), server_hostname="localhost")
        with server.connect() as plain, contextlib.suppress(ConnectionResetError):
            plain.sendall(get("/plain"))
            assert b"200" not in read_all(plain)


def test_tls_with_a_certificate_and_no_key_is_an_error(certificate: tuple[Path, Path]) -> None:
    options = ServerOptions(rest_tls_cert_file=str(certificate[0]))
    with pytest.raises(ServingError, match="rest_tls_key_file go together"), serving(Echo, options):
        pass


def test_tls_with_files_that_are_no_certificate_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "no.pem"
    path.write_text("no certificate")
    options = ServerOptions(rest_tls_cert_file=str(path), rest_tls_key_file=str(path))
    with pytest.raises(ServingError, match=r"no\.pem"), serving(Echo, options):
        pass
