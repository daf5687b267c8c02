from __future__ import annotations

import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest

from tests.serving.grpc_running import (
    GrpcRunning,
    asking,
    failure,
    model_folder,
    predict_request,
    serving_grpc,
)
from tfx_pipeline.serving.errors import Code, ServingError

pytestmark = [pytest.mark.slow, pytest.mark.once]
X = np.float32([2])
ANSWER = {"y": [3.0]}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, half_plus_two: Path) -> Path:
    return model_folder(tmp_path_factory.mktemp("model"), half_plus_two)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `ca`, and `server` and `client` signed by it: `.key` and `.crt` each."""
    folder = tmp_path_factory.mktemp("keys")

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl(
        "req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=ca"
    )  # fmt: skip
    for name in ("server", "client"):
        request = ["-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", "/CN=localhost"]
        openssl("req", *new_key, *request)
        (folder / "names").write_text("subjectAltName=DNS:localhost")
        signer = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names"]
        openssl("x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.crt", *signer)
    return folder


def ssl_config(keys: Path, file: Path, **more: str) -> str:
    """Write an SSLConfig of the server's key; return its path."""
    fields = {
        "server_key": (keys / "server.key").read_text(),
        "server_cert": (keys / "server.crt").read_text(),
        **more,
    }
    lines = [
        f"{name}: {value if value == 'true' else repr(value)}" for name, value in fields.items()
    ]
    file.write_text("\n".join(lines))
    return str(file)


def pem(keys: Path, *names: str) -> list[bytes]:
    return [(keys / name).read_bytes() for name in names]


def answer_of(client: GrpcRunning) -> dict[str, list[float]]:
    return {alias: array.tolist() for alias, array in client.predict(x=X).items()}


def refused_start(base: Path, **flags: Any) -> tuple[Code, str]:
    with pytest.raises(ServingError) as caught, serving_grpc(base, **flags):
        pass
    return caught.value.code, caught.value.message


def test_port_and_socket_both_answer(base: Path, tmp_path: Path) -> None:
    path = tmp_path / "grpc.sock"
    with asking(base, grpc_socket_path=str(path)) as by_port:
        by_socket = GrpcRunning(f"unix:{path}")
        assert answer_of(by_port) == answer_of(by_socket) == ANSWER


def test_socket_alone_answers(base: Path, tmp_path: Path) -> None:
    path = tmp_path / "grpc.sock"
    with serving_grpc(base, port=0, grpc_socket_path=str(path)):
        assert answer_of(GrpcRunning(f"unix:{path}")) == ANSWER


def test_port_is_open_at_the_bind_address_only(base: Path) -> None:
    with serving_grpc(base, bind_address="127.0.0.2") as options, socket.socket() as client:
        assert answer_of(GrpcRunning(f"127.0.0.2:{options.port}")) == ANSWER
        assert client.connect_ex(("127.0.0.1", options.port)) != 0


def test_port_that_is_taken_is_named(base: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, text = refused_start(base, port=port)
    assert code is Code.INVALID_ARGUMENT
    assert text.startswith(
        f"Failed to BuildAndStart gRPC server: cannot listen on 127.0.0.1:{port}"
    )


def test_port_of_another_server_is_refused_unless_workers_share_it(base: Path) -> None:
    with serving_grpc(base) as options:
        assert refused_start(base, port=options.port)[0] is Code.INVALID_ARGUMENT
        taken = options.port
    with serving_grpc(base, workers=2, port=taken), serving_grpc(base, workers=2, port=taken):
        assert answer_of(GrpcRunning(f"127.0.0.1:{taken}")) == ANSWER


def test_reload_with_workers_is_refused_and_says_what_to_do(base: Path) -> None:
    from tensorflow_serving.apis import model_management_pb2

    request = model_management_pb2.ReloadConfigRequest()
    request.config.model_config_list.config.add(name="m")
    with asking(base, workers=2) as client:
        code, text = failure(client.models.HandleReloadConfigRequest, request)
    assert code == "FAILED_PRECONDITION"
    assert "--model_config_file_poll_wait_seconds" in text


def test_message_of_more_than_4_mib_is_taken_and_sent(base: Path) -> None:
    no_limit = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    with serving_grpc(base) as options:
        client = GrpcRunning(f"127.0.0.1:{options.port}")
        client.channel = grpc.insecure_channel(f"127.0.0.1:{options.port}", no_limit)
        call = client.channel.unary_unary("/tensorflow.serving.PredictionService/Predict")
        many = predict_request(x=np.ones(2_000_000, np.float32))
        assert len(call(many.SerializeToString(), timeout=20)) > 8_000_000


def test_channel_arguments_are_given_to_grpc(base: Path) -> None:
    with asking(base, grpc_channel_arguments="grpc.max_receive_message_length=100,a=b") as client:
        assert answer_of(client) == ANSWER
        code, text = failure(client.predict, x=np.ones(100, np.float32))
    assert code == "RESOURCE_EXHAUSTED"
    assert "larger than max" in text
    assert refused_start(base, grpc_channel_arguments="a") == (
        Code.INVALID_ARGUMENT,
        "grpc_channel_arguments: expected name=value, got a",
    )


def test_tls_answers_who_trusts_the_certificate(base: Path, keys: Path, tmp_path: Path) -> None:
    config = ssl_config(keys, tmp_path / "ssl.txt")
    with serving_grpc(base, ssl_config_file=config) as options:
        address = f"localhost:{options.port}"
        trusting = grpc.ssl_channel_credentials(*pem(keys, "ca.crt"))
        assert answer_of(GrpcRunning(address, trusting)) == ANSWER
        assert failure(GrpcRunning(address).predict, x=X)[0] == "UNAVAILABLE"


def test_tls_with_client_verify_needs_the_clients_certificate(
    base: Path, keys: Path, tmp_path: Path
) -> None:
    ca = (keys / "ca.crt").read_text()
    config = ssl_config(keys, tmp_path / "ssl.txt", custom_ca=ca, client_verify="true")
    with serving_grpc(base, ssl_config_file=config) as options:
        address = f"localhost:{options.port}"
        known = grpc.ssl_channel_credentials(*pem(keys, "ca.crt", "client.key", "client.crt"))
        assert answer_of(GrpcRunning(address, known)) == ANSWER
        unknown = grpc.ssl_channel_credentials(*pem(keys, "ca.crt"))
        assert failure(GrpcRunning(address, unknown).predict, x=X)[0] == "UNAVAILABLE"


def test_tls_files_that_cannot_be_used_are_refused(base: Path, keys: Path, tmp_path: Path) -> None:
    file = tmp_path / "ssl.txt"
    assert refused_start(base, ssl_config_file=str(file))[0] is Code.NOT_FOUND
    no_ca = ssl_config(keys, file, client_verify="true")
    assert "client_verify needs custom_ca" in refused_start(base, ssl_config_file=no_ca)[1]
    no_pem = ssl_config(keys, file, server_key="no key")
    assert "Failed to BuildAndStart" in refused_start(base, ssl_config_file=no_pem)[1]
    empty = ssl_config(keys, file, server_cert="")
    assert "must hold PEM text" in refused_start(base, ssl_config_file=empty)[1]


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic secret", "secret", "Bearer "])
def test_token_that_is_missing_or_wrong_is_unauthenticated(
    base: Path, tmp_path: Path, header: str | None
) -> None:
    file = tmp_path / "token"
    file.write_text("secret\n")
    metadata = [("authorization", header)] if header else []
    with serving_grpc(base, bearer_token_file=str(file), enable_grpc_healthcheck_service=True) as o:
        address = f"127.0.0.1:{o.port}"
        client = GrpcRunning(address, metadata=metadata)
        assert failure(client.predict, x=X)[0] == "UNAUTHENTICATED"
        status = client.channel.unary_unary("/tensorflow.serving.ModelService/GetModelStatus")
        assert failure(status, b"", metadata=metadata)[0] == "UNAUTHENTICATED"
        right = GrpcRunning(address, metadata=[("authorization", "Bearer secret")])
        assert answer_of(right) == ANSWER


def test_health_is_answered_only_if_enabled(base: Path) -> None:
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    def check(client: GrpcRunning, service: str) -> Any:
        request = health_pb2.HealthCheckRequest(service=service)
        return health_pb2_grpc.HealthStub(client.channel).Check(request).status

    with asking(base) as client:
        assert failure(check, client, "")[0] == "UNIMPLEMENTED"
    with asking(base, enable_grpc_healthcheck_service=True) as client:
        for service in ("", "ModelService", "PredictionService"):
            assert check(client, service) == health_pb2.HealthCheckResponse.SERVING
        assert failure(check, client, "z")[0] == "NOT_FOUND"


def test_profiler_writes_the_trace_that_tensorflows_client_asks_for(
    base: Path, tmp_path: Path
) -> None:
    import tensorflow as tf

    with serving_grpc(base) as options, ThreadPoolExecutor(1) as pool:
        client = GrpcRunning(f"127.0.0.1:{options.port}")
        address = f"grpc://127.0.0.1:{options.port}"
        trace_call = tf.profiler.experimental.client.trace
        asked = pool.submit(trace_call, address, str(tmp_path), 300)
        while not asked.done():
            client.predict(x=X)
        asked.result()
    (trace,) = tmp_path.glob("plugins/profile/*/*.xplane.pb")
    assert trace.name == f"127.0.0.1_{options.port}.xplane.pb"
    assert trace.stat().st_size > 100


def profile_request(session: str, folder: Path, duration_ms: int) -> bytes:
    """Write a `ProfileRequest`: options with a duration, place, session, host."""
    from tfx_pipeline.serving.grpc.profiler import _message

    request = _message("ProfileRequest")(repository_root=str(folder), session_id=session)
    request.host_name = "h"
    request.opts.duration_ms = duration_ms
    request.opts.host_tracer_level = 1
    return bytes(request.SerializeToString())


@pytest.mark.parametrize("after_s", [0.0, 0.001, 0.05, 0.3])
def test_profile_that_is_cancelled_at_any_moment_lets_the_next_one_begin(
    base: Path, tmp_path: Path, after_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tfx_pipeline.serving.grpc import profiler

    start = profiler._start

    def start_slowly(*arguments: Any) -> None:
        time.sleep(0.2)
        start(*arguments)

    monkeypatch.setattr(profiler, "_start", start_slowly)
    with asking(base) as client:
        call = client.channel.unary_unary("/tensorflow.ProfilerService/Profile")
        cancelled = call.future(profile_request("first", tmp_path, 60_000), timeout=50)
        time.sleep(after_s)
        cancelled.cancel()
        deadline = time.monotonic() + 20
        while True:  # until the cancelled one is wound up
            second = call.future(profile_request("second", tmp_path, 50), timeout=20)
            if second.exception() is None:
                break
            assert second.code() is grpc.StatusCode.INTERNAL
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert not list(tmp_path.glob("first/*"))
    assert list(tmp_path.glob("second/*.xplane.pb"))


def test_profile_is_terminated_by_its_session_even_while_it_starts(
    base: Path, tmp_path: Path
) -> None:
    from tfx_pipeline.serving.grpc.profiler import _message

    with asking(base) as client:
        service = "/tensorflow.ProfilerService/"
        profile = client.channel.unary_unary(f"{service}Profile")
        terminate = client.channel.unary_unary(f"{service}Terminate")
        call = profile.future(profile_request("mine", tmp_path, 60_000), timeout=50)
        deadline = time.monotonic() + 20
        while not call.done():
            assert time.monotonic() < deadline
            session = _message("TerminateRequest")(session_id="mine")
            terminate(session.SerializeToString(), timeout=5)
            time.sleep(0.02)
        assert call.code() is grpc.StatusCode.OK
        assert failure(profile, b"\xff")[0] == "INTERNAL"


def test_profiler_that_is_off_or_asked_to_monitor_is_unimplemented(base: Path) -> None:
    with asking(base) as client:
        call = client.channel.unary_unary("/tensorflow.ProfilerService/Monitor")
        assert failure(call, b"") == ("UNIMPLEMENTED", "unimplemented.")
    with asking(base, enable_profiler=False) as client:
        call = client.channel.unary_unary("/tensorflow.ProfilerService/Profile")
        assert failure(call, b"") == ("UNIMPLEMENTED", "Method not found!")


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that counts to `n`: 2 ** 62 takes for ever."""
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec([], tf.int64, "n")])
    def count(n: Any) -> Any:
        return {"counted": tf.while_loop(lambda i: i < n, lambda i: [i + 1], [np.int64(0)])[0]}

    base = tmp_path_factory.mktemp("endless")
    tf.saved_model.save(tf.Module(), str(base / "1"), signatures=count)
    return base


def test_deadline_of_a_call_ends_the_run_of_the_model(endless: Path) -> None:
    with serving_grpc(endless) as options:
        client = GrpcRunning(f"127.0.0.1:{options.port}")
        assert client.predict(n=np.int64(3))["counted"] == 3
        code, _ = failure(client.predict, timeout_s=0.3, n=np.int64(2**62))
        assert code == "DEADLINE_EXCEEDED"
        assert client.predict(n=np.int64(4))["counted"] == 4
        stopping_began = time.monotonic()
    assert time.monotonic() - stopping_began < 30  # a run that goes on would hold the model
