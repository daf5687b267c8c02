from __future__ import annotations

import functools
from pathlib import Path

import pytest

from tests.serving.fakes import invalid, refusal
from tfx_pipeline.serving.config.protos import (
    new_message,
    read_message,
    read_model_config,
    read_session_config,
)
from tfx_pipeline.serving.errors import Code

pytestmark = pytest.mark.slow


def write(folder: Path, text: str) -> str:
    path = folder / "config.txt"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_read_message_batching_parameters_gives_values_and_what_is_unset(tmp_path: Path) -> None:
    text = """
        max_batch_size { value: 128 }
        batch_timeout_micros { value: 1000 }
        num_batch_threads { value: 4 }
        allowed_batch_sizes: 32
        allowed_batch_sizes: 128
        pad_variable_length_inputs: true
    """
    message = read_message("BatchingParameters", write(tmp_path, text))
    assert message.max_batch_size.value == 128
    assert message.batch_timeout_micros.value == 1000
    assert list(message.allowed_batch_sizes) == [32, 128]
    assert message.pad_variable_length_inputs
    assert not message.HasField("max_enqueued_batches")


def test_read_message_numbers_of_fields_are_those_of_the_real_messages(tmp_path: Path) -> None:
    # Wire format, written by hand: field 1 max_batch_size {1: 8}, fields 6 and 7.
    assert new_message("BatchingParameters").FromString(
        b"\x0a\x02\x08\x08\x30\x04\x30\x08\x38\x01"
    ) == read_message(
        "BatchingParameters",
        write(
            tmp_path,
            "max_batch_size {value: 8} allowed_batch_sizes: [4, 8] pad_variable_length_inputs: 1",
        ),
    )


def test_read_message_monitoring_and_tls(tmp_path: Path) -> None:
    monitoring = read_message(
        "MonitoringConfig", write(tmp_path, 'prometheus_config { enable: true path: "/metrics" }')
    )
    assert monitoring.prometheus_config.enable
    assert monitoring.prometheus_config.path == "/metrics"
    tls = read_message("SSLConfig", write(tmp_path, 'server_key: "k" client_verify: true'))
    assert (tls.server_key, tls.server_cert, tls.client_verify) == ("k", "", True)


def test_read_model_config_gives_models_and_policies(tmp_path: Path) -> None:
    text = """
        model_config_list { config {
          name: "taxi" base_path: "/models/taxi" model_platform: "tensorflow"
          model_version_policy { specific { versions: 3 versions: 7 } }
          version_labels { key: "stable" value: 3 }
        } }
    """
    (model,) = read_model_config(write(tmp_path, text)).model_config_list.config
    assert (model.name, model.base_path) == ("taxi", "/models/taxi")
    assert list(model.model_version_policy.specific.versions) == [3, 7]
    assert dict(model.version_labels) == {"stable": 3}


@pytest.mark.parametrize(
    ("content", "code", "part"),
    [
        (b"max_batch_size: 4", Code.INVALID_ARGUMENT, "Invalid protobuf file: "),
        (b"max_batchsize { value: 4 }", Code.INVALID_ARGUMENT, "max_batchsize"),
        (b"\xff", Code.INVALID_ARGUMENT, "not UTF-8"),
        (None, Code.NOT_FOUND, "No such file or directory"),
    ],
)
def test_read_message_unusable_file_raises_with_its_name(
    tmp_path: Path, content: bytes | None, code: Code, part: str
) -> None:
    path = tmp_path / "batching.config"
    if content is not None:
        path.write_bytes(content)
    found, message = refusal(read_message, "BatchingParameters", str(path))
    assert found is code
    assert part in message and str(path) in message


BROKEN = [
    ("ModelServerConfig", "improperly formatted file", "1:1: Message type "),
    ("ModelServerConfig", "model_config_list {\n  config { nme: 'm' } }", "2:12: Message type "),
    ("ModelServerConfig", "model_config_list {\n config { name: 3 } }", "2:17: Expected string"),
    ("ModelServerConfig", "model_config_list {", '1:19: Expected "}".'),
    ("BatchingParameters", "max_batch_size: 4", "1:"),
    ("BatchingParameters", "\n\n max_batch: 4", '3:2: Message type "tensorflow.serving.Batching'),
    ("MonitoringConfig", "prometheus_config { enable: maybe }", "1:29: Expected"),
    ("SSLConfig", "server_kez: 'k'", "1:1: Not as expected, and not shown"),
    ("PlatformConfigMap", "platform_cnfigs { }", "1:1: Message type "),
    ("PlatformConfigMap", "platform_configs { key: 'a' value { x: 1 } }", "1:37: Message type "),
    ("ThreadPoolFactoryConfig", "a", "1:1: Message type "),
    ("ConfigProto", "intra_op_parallelism_threads: x", "1:31: Couldn't parse integer: x"),
]


@pytest.mark.parametrize(("name", "text", "where"), BROKEN)
def test_read_of_text_that_is_broken_names_message_line_and_column_as_upstream(
    tmp_path: Path, name: str, text: str, where: str
) -> None:
    path = write(tmp_path, text)
    readers = {"ModelServerConfig": read_model_config, "ConfigProto": read_session_config}
    read = readers.get(name, functools.partial(read_message, name))
    message = invalid(read, path)
    package = "tensorflow" if name == "ConfigProto" else "tensorflow.serving"
    expected = f"Invalid protobuf file: '{path}': Error parsing text-format {package}.{name}: "
    assert message.startswith(expected + where)
    assert "tfx_pipeline" not in message.removeprefix(f"Invalid protobuf file: '{path}'")


def test_read_message_of_a_broken_file_with_keys_shows_none_of_it(tmp_path: Path) -> None:
    for text in ("server_key: MIIEsecret", 'server_key: "MIIEsecret', "server_key: 'MIIEsecret' x"):
        message = invalid(read_message, "SSLConfig", write(tmp_path, text))
        assert "MIIEsecret" not in message


def test_read_message_platforms_may_hold_the_settings_of_sessions(tmp_path: Path) -> None:
    text = """
        platform_configs { key: "tensorflow" value { source_adapter_config {
          [type.googleapis.com/tensorflow.serving.SavedModelBundleSourceAdapterConfig] {
            legacy_config {
              session_config { gpu_options { allow_growth: true } }
              batching_parameters { max_batch_size { value: 128 } }
              saved_model_tags: "serve"
            } } } } }
    """
    config = read_message("PlatformConfigMap", write(tmp_path, text)).platform_configs["tensorflow"]
    inner = new_message("SavedModelBundleSourceAdapterConfig")
    assert config.source_adapter_config.Unpack(inner)
    assert inner.legacy_config.session_config.gpu_options.allow_growth
    assert inner.legacy_config.batching_parameters.max_batch_size.value == 128
