from __future__ import annotations

import pytest

from tests.serving.fakes import invalid
from tfx_pipeline.serving.config.options import (
    FlagError,
    ServerOptions,
    check_options,
    parse_flags,
    usage,
)
from tfx_pipeline.serving.errors import ServingError


def test_parse_flags_reads_values_of_each_kind() -> None:
    words = [
        "--port=9000",
        "--model_name=taxi",
        "--enable_batching",
        "--enable_profiler=false",
        "--rest_api_enable_cors_support=TRUE",
        "--model_base_path=/a=b",
    ]
    options, unknown = parse_flags(words)
    assert unknown == []
    assert options == ServerOptions(
        port=9000,
        model_name="taxi",
        enable_batching=True,
        enable_profiler=False,
        rest_api_enable_cors_support=True,
        model_base_path="/a=b",
    )


def test_parse_flags_defaults_are_those_of_tensorflow_serving() -> None:
    options, _ = parse_flags([])
    assert (options.port, options.rest_api_port) == (8500, 0)
    assert options.rest_api_timeout_in_ms == 30_000
    assert options.model_name == "default"
    assert (options.file_system_poll_wait_seconds, options.max_num_load_retries) == (1, 5)
    assert options.load_retry_interval_micros == 60_000_000
    assert options.enable_model_warmup and options.enable_profiler
    assert options.saved_model_tags == "serve"


def test_parse_flags_unknown_words_are_returned_and_passed_over() -> None:
    options, unknown = parse_flags(["--prot=1", "serve", "--port=7"])
    assert options.port == 7
    assert unknown == ["--prot=1", "serve"]


def test_parse_flags_accepts_what_changes_nothing_here() -> None:
    assert parse_flags(["--flush_filesystem_caches=true", "--mixed_precision="])[1] == []


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("--port=http", "Couldn't interpret value http for flag port."),
        ("--port", "Couldn't interpret value  for flag port."),
        ("--enable_batching=maybe", "Couldn't interpret value maybe for flag enable_batching."),
        ("--help", ""),
    ],
)
def test_parse_flags_value_that_cannot_be_read_raises(word: str, message: str) -> None:
    with pytest.raises(FlagError) as caught:
        parse_flags([word])
    assert str(caught.value) == message


def test_usage_names_every_flag_with_its_default() -> None:
    text = usage("tfx-model-server")
    assert "--rest_api_timeout_in_ms=30000" in text
    assert "--enable_model_warmup=true" in text
    assert "--bind_address=127.0.0.1" in text


REFUSED = [
    (
        ["--port=0", "--model_base_path=/m"],
        "At least one of server_options.grpc_port or server_options.grpc_socket_path must be set.",
    ),
    ([], "Both server_options.model_base_path and server_options.model_config_file are empty!"),
    (
        ["--model_base_path=/m", "--batching_parameters_file=b"],
        "server_options.batching_parameters_file is set without setting"
        " server_options.enable_batching to true.",
    ),
    (
        [
            "--model_base_path=/m",
            "--tensorflow_session_parallelism=2",
            "--tensorflow_intra_op_parallelism=2",
            "--tensorflow_inter_op_parallelism=2",
        ],
        "Either configure server_options.tensorflow_session_parallelism or"
        " (server_options.tensorflow_intra_op_parallelism,"
        " server_options.tensorflow_inter_op_parallelism) separately."
        " You cannot configure all.",
    ),
]


@pytest.mark.parametrize(("flags", "message"), REFUSED)
def test_check_options_that_do_not_go_together_raises(flags: list[str], message: str) -> None:
    assert invalid(check_options, parse_flags(flags)[0]) == message


@pytest.mark.parametrize("flag", ["--port=99999", "--port=-5", "--rest_api_port=65536"])
def test_check_options_port_out_of_range_raises(flag: str) -> None:
    with pytest.raises(ServingError, match="0 to 65535"):
        check_options(parse_flags([flag, "--model_base_path=/m"])[0])


def test_check_options_usable_passes() -> None:
    check_options(parse_flags(["--port=0", "--grpc_socket_path=s", "--model_config_file=c"])[0])


@pytest.mark.parametrize("left_out", ["session", "intra_op", "inter_op"])
def test_check_options_two_kinds_of_parallelism_pass(left_out: str) -> None:
    kinds = [each for each in ("session", "intra_op", "inter_op") if each != left_out]
    flags = [f"--tensorflow_{each}_parallelism=2" for each in kinds]
    check_options(parse_flags(["--model_base_path=/m", *flags])[0])
