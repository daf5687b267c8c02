"""Requests to Kubeflow Pipelines that fail: what is sent again, and what the errors say."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.emulators.json_server import Answer
from tests.free_ports import free_port
from tests.runners.cluster.kubeflow import fixtures as kfp_fixtures
from tests.runners.cluster.kubeflow.fake_server import RUN_ID, FakeKfp
from tests.runners.cluster.kubeflow.submitting import Lines, refusal, submit
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.runners.cluster.kubeflow import submit as kubeflow_submit
from tfx_pipeline.runners.cluster.kubeflow.requests import Service
from tfx_pipeline.runners.cluster.submission import ServiceAwayError, SubmitOptions

pytestmark = pytest.mark.slow  # they import kfp or TFX


class ApiError(Exception):
    """As kfp_server_api raises it."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@pytest.mark.parametrize(("token", "expected"), [
    (None, "it asks for a login"),
    ("0ld", "the token is refused; it may have expired"),
])  # fmt: skip
def test_submit_without_the_right_token_names_the_variable_and_not_the_token(
    package: Path, monkeypatch: pytest.MonkeyPatch, token: str | None, expected: str
) -> None:
    if token:
        monkeypatch.setenv("KF_PIPELINES_TOKEN", token)
    with FakeKfp(token="s3cret") as server:
        text = refusal(server, package)
    assert expected in text and "401 bad token" in text and "$KF_PIPELINES_TOKEN" in text
    assert "0ld" not in text


def test_submit_whose_token_was_replaced_meanwhile_sends_the_new_one(
    package: Path, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("0ld", encoding="utf-8")
    service = Service("http://api", "TOKEN", True, 1.0, 3, file)
    sent: list[str | None] = []

    def send(token: str | None) -> SimpleNamespace:
        sent.append(token)
        file.write_text("n3w", encoding="utf-8")
        if token == "0ld":
            raise ApiError(401)
        return SimpleNamespace(data="{}")

    service._send(send, "POST")
    assert sent == ["0ld", "n3w"]


def test_submit_whose_token_file_stays_refused_names_it_and_may_be_asked_again(
    tmp_path: Path,
) -> None:
    file = tmp_path / "token"
    file.write_text("0ld", encoding="utf-8")
    service = Service("http://api", "TOKEN", True, 1.0, 3, file)
    sent: list[str | None] = []

    def send(token: str | None) -> SimpleNamespace:
        sent.append(token)
        raise ApiError(401)

    with pytest.raises(ServiceAwayError) as caught:
        service._send(send, "GET")
    assert sent == ["0ld"] and f"put a new one into {file}" in str(caught.value)
    assert "0ld" not in str(caught.value)


@pytest.mark.parametrize("answer", [
    Answer(302, "", (("Location", "/login"),)),
    Answer(200, "<html>please log in</html>"),
])  # fmt: skip
def test_submit_to_a_login_page_says_that_a_token_is_missing(
    server: FakeKfp, package: Path, answer: Answer
) -> None:
    server.planned["GET healthz"] = [answer]
    assert "put a bearer token into $KF_PIPELINES_TOKEN" in refusal(server, package)


def test_submit_to_an_overloaded_service_tries_again(server: FakeKfp, package: Path) -> None:
    server.planned = {
        "GET healthz": [Answer(503), Answer(502), Answer(0)],
        "POST runs": [Answer(503), Answer(429, "", (("Retry-After", "0"),))],
    }
    assert submit(server, package).run_id == RUN_ID
    assert (len(server.sent("GET", "healthz")), len(server.sent("POST", "runs"))) == (4, 3)


def test_submit_gives_up_after_the_attempts_that_were_asked_for(
    server: FakeKfp, package: Path
) -> None:
    server.planned["POST runs"] = [Answer(503, "no upstream")] * 9
    text = refusal(server, package, "environment.job.request_retries=1")
    assert "it is overloaded or not there (2 attempts)" in text and "503 no upstream" in text
    assert len(server.sent("POST", "runs")) == 2


@pytest.mark.parametrize("answer", [Answer(502), Answer(504), Answer(0), Answer(500)])
def test_submit_does_not_repeat_a_run_that_may_have_been_taken(
    server: FakeKfp, package: Path, answer: Answer
) -> None:
    server.planned["POST runs"] = [answer]
    text = refusal(server, package)
    assert len(server.sent("POST", "runs")) == 1
    if not answer.status:
        assert "it ended the connection without an answer" in text
        assert "before you submit again" in text


def test_submit_to_a_slow_service_ends_in_time_and_warns_of_a_second_run(
    server: FakeKfp, package: Path
) -> None:
    server.planned["POST runs"] = [Answer(200, {}, delay_s=60.0)]
    started = time.monotonic()
    text = refusal(server, package, "environment.job.request_timeout_s=0.3")
    assert time.monotonic() - started < 30
    assert "it did not answer within 0.3 s" in text
    assert "before you submit again: it may have taken this" in text


@pytest.mark.parametrize(("answer", "expected"), [
    (
        Answer(400, {"code": 3, "message": "Invalid input error: unknown template format"}),
        ["the request was refused", "400 Invalid input error: unknown template format"],
    ),
    (Answer(403, {"message": "User 'x' is not authorized"}), ["namespace", "403 User 'x'"]),
    (Answer(404, "<html>nginx</html>"), ["environment.kubeflow.host", "404 (a page)"]),
    (Answer(500, {"error": "database is locked"}), ["failed by itself", "500 database is locked"]),
])  # fmt: skip
def test_submit_that_is_refused_gives_the_servers_message(
    server: FakeKfp, package: Path, answer: Answer, expected: list[str]
) -> None:
    server.planned["POST runs"] = [answer]
    text = refusal(server, package)
    for each in expected:
        assert each in text
    assert "HTTP response headers" not in text


def test_submit_to_nobody_says_how_to_reach_a_cluster(package: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    text = refusal(url, package, "environment.job.request_retries=1")
    assert "it cannot be reached" in text and url in text and "kubectl port-forward" in text
    assert "object at 0x" not in text


def test_submit_to_an_unknown_name_says_so(package: Path) -> None:
    text = refusal("http://nowhere.invalid", package, "environment.job.request_retries=0")
    assert "it cannot be reached" in text and "environment.kubeflow.host" in text


def test_submit_without_a_host_says_which_field_is_missing(package: Path) -> None:
    loaded = kfp_fixtures.load("environment.kubeflow.host=null")
    with pytest.raises(ConfigError, match="nothing can be submitted") as caught:
        kubeflow_submit.submit(loaded.config, package, SubmitOptions(), Lines())
    assert caught.value.problems[0].place == "environment.kubeflow.host"


def test_submit_with_a_missing_authority_names_the_file(package: Path) -> None:
    text = refusal("https://localhost:1", package, "environment.kubeflow.ca_file=nowhere.pem")
    assert "environment.kubeflow.ca_file: no such file" in text and "nowhere.pem" in text


@pytest.mark.parametrize("name", ["", " first", "a\nb", "x" * 129, "tab\there"])
def test_submit_with_an_illegal_run_name_is_refused(package: Path, name: str) -> None:
    text = refusal("http://nowhere.invalid", package, run_name=name)
    assert "not a name for a run" in text and "1 to 128 printable characters" in text
