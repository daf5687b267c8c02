"""`tfx-pipeline predict` before it asks, or refused by servers; see `test_with_a_server.py`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.commands.conftest import SILENT, CommandLine
from tfx_pipeline.cli import main
from tfx_pipeline.processes.this_process import program


@pytest.fixture
def guarded() -> Iterator[str]:
    """The URL of a server that answers 401 unless it gets the token."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_known = self.headers.get("authorization") == "Bearer secret"
            body = b'{"error": "no such path"}' if is_known else b'{"error": "a token is needed"}'
            self.send_response(404 if is_known else 401)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_predict_without_a_server_says_how_to_start_one(tfx_pipeline: CommandLine) -> None:
    status, out, err = tfx_pipeline("predict", "fare=1", SILENT)
    assert (status, out) == (1, "")
    assert "no server answers at http://127.0.0.1:9: Connection refused" in err
    assert f"next     start one in another terminal: {program()} serve --config=" in err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "--input FILE, or name=value words"),
        (["--input=rows.csv", "fare=1"], "--input FILE, or name=value words"),
        (["fare=1", "--url=ftp://host"], "not a URL of a server: ftp://host"),
        (["fare=1", "--token-file=none"], "--token-file: cannot be read"),
        (["fare=1", "--ca-file=none"], "--ca-file: cannot be read"),
    ],
)
def test_predict_with_a_bad_argument_says_what_is_allowed(
    tfx_pipeline: CommandLine, arguments: list[str], expected: str
) -> None:
    status, _, err = tfx_pipeline("predict", *arguments)
    assert (status, expected in err) == (2, True), err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version=1", "--label=a", "x=1"],
        ["--url=http://a", "--grpc=a:1", "x=1"],
        ["--input=rows.csv", "--limit=0"],
    ],
)
def test_predict_with_a_choice_that_cannot_be_prints_usage(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["predict", *arguments])
    assert caught.value.code == 2


def test_predict_of_a_named_model_needs_no_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["predict", "--model=cab", "x=1", SILENT]) == 1
    assert f"next     start one in another terminal: {program()} serve\n" in capfd.readouterr().err


def test_predict_sends_the_token_of_a_file(
    tfx_pipeline: CommandLine, guarded: str, tmp_path: Path
) -> None:
    status, _, err = tfx_pipeline("predict", "x=1", f"--url={guarded}")
    assert (status, "a token is needed" in err, "--token-file FILE" in err) == (1, True, True)
    token = tmp_path / "token"
    token.write_text("secret\n", encoding="utf-8")
    _, _, err = tfx_pipeline("predict", "x=1", f"--url={guarded}", f"--token-file={token}")
    assert "has no model `taxi`" in err
    assert "received no such path" in err
    assert "secret" not in err
