"""Flags of a model server as they are typed."""

from __future__ import annotations

import socket

import pytest

from tfx_pipeline.deployment.server_flags import read_flags, taken_port
from tfx_pipeline.errors import ConfigError


@pytest.mark.parametrize(
    ("words", "flags"),
    [
        (["--port=1", "--rest_api_port", "2"], {"port": "1", "rest_api_port": "2"}),
        (["--enable_batching", "--port", "1"], {"enable_batching": "true", "port": "1"}),
        (["--enable_batching", "false"], {"enable_batching": "false"}),
        (["--enable_batching=false"], {"enable_batching": "false"}),
        (["--enable_batching"], {"enable_batching": "true"}),
        (["--flag_of_tomorrow", "x", "--other"], {"flag_of_tomorrow": "x", "other": "true"}),
        (["--port=1", "--port=2"], {"port": "2"}),
        (["--grpc_channel_arguments=a=1,b=2"], {"grpc_channel_arguments": "a=1,b=2"}),
        (["--batching_parameters_file="], {"batching_parameters_file": ""}),
    ],
)
def test_read_flags_takes_both_spellings(words: list[str], flags: dict[str, str]) -> None:
    assert read_flags(words) == flags


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["8500"], "not a flag"),
        (["--enable_batching", "maybe"], "not a flag"),
        (["--port"], "--port has no value"),
        (["--port", "--rest_api_port=2"], "--port has no value"),
    ],
)
def test_read_flags_refuses_what_is_none(words: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_flags(words)


def test_taken_port_finds_a_listener() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert taken_port({"port": "0", "rest_api_port": str(port)}) == port
    assert taken_port({"port": "0", "rest_api_port": str(port)}) is None
    assert taken_port({"port": "x"}) is None
