"""What a database server tells us, with real ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.free_ports import free_port
from tests.runners.metadata.database_servers import (
    PASSWORD,
    PASSWORD_PART,
    DatabaseServer,
)
from tfx_pipeline.config.metadata_url import parse_url
from tfx_pipeline.config.sections.environment import MetadataConfig
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.runners.metadata.database_server import ServerConnection, named_lock
from tfx_pipeline.runners.metadata.metadata_errors import MetadataError
from tfx_pipeline.runners.metadata.password import password_of

pytestmark = pytest.mark.slow


@pytest.fixture
def metadata(server: DatabaseServer) -> MetadataConfig:
    return parse_url(server.url)


def _refusal(metadata: MetadataConfig) -> MetadataError:
    with pytest.raises(MetadataError) as caught:
        ServerConnection(metadata, 1)
    assert PASSWORD_PART not in str(caught.value) and "next" in str(caught.value)
    return caught.value


def test_connection_with_the_password_of_a_file_is_let_in(
    metadata: MetadataConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TFX_METADATA_PASSWORD", "wrong")
    (tmp_path / "secret").write_text(PASSWORD + "\n", encoding="utf-8")
    with_file = metadata.model_copy(update={"password_file": str(tmp_path / "secret")})
    ServerConnection(with_file).close()


@pytest.mark.parametrize(
    ("change", "said", "may_pass"),
    [
        ({"database": "nix"}, "there is no database `nix`", False),
        ({"user": "nix"}, "refuses `nix`", False),
        ({"host": "nix.invalid"}, "no machine of the name nix.invalid", True),
        ({"port": free_port()}, "nothing answers at 127.0.0.1", True),
    ],
)
def test_connection_to_what_is_not_there_says_what(
    metadata: MetadataConfig, change: dict[str, object], said: str, may_pass: bool
) -> None:
    error = _refusal(metadata.model_copy(update=change))
    assert said in str(error)
    assert error.may_pass == may_pass


def test_connection_with_wrong_or_no_password_names_where_it_is(
    metadata: MetadataConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TFX_METADATA_PASSWORD", "hunter2")
    said = str(_refusal(metadata))
    assert "with the password of the environment variable TFX_METADATA_PASSWORD" in said
    assert "hunter2" not in said
    monkeypatch.delenv("TFX_METADATA_PASSWORD")
    assert "there is no password in the environment variable" in str(_refusal(metadata))


def test_connection_to_a_server_that_hangs_ends_in_time(
    server: DatabaseServer, metadata: MetadataConfig
) -> None:
    server.pause()
    try:
        error = _refusal(metadata)
    finally:
        server.resume()
    assert "did not answer in time" in str(error)
    assert error.may_pass


def test_named_lock_is_free_again_when_its_connection_ends(metadata: MetadataConfig) -> None:
    first, second = ServerConnection(metadata), ServerConnection(metadata)
    assert first.lock("one", 0)
    assert not second.lock("one", 0.2)
    assert second.lock("two", 0)
    with pytest.raises(MetadataError) as caught, named_lock(metadata, "one", 0.1):
        pass
    assert "other processes held its lock `one`" in str(caught.value)
    first.close()
    assert second.lock("one", 2)
    second.close()


def test_password_of_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    metadata = MetadataConfig(password_file=str(tmp_path / "nix"))
    with pytest.raises(ConfigError) as caught:
        password_of(metadata)
    assert "environment.metadata.password_file" in str(caught.value)
    assert "No such file" in str(caught.value)


def test_password_of_file_that_is_binary_is_refused_without_showing_it(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"hunter2\xff")
    with pytest.raises(ConfigError) as caught:
        password_of(MetadataConfig(password_file=str(tmp_path / "secret")))
    assert "hunter2" not in str(caught.value)


def test_connection_that_is_silent_is_ended_by_the_server(metadata: MetadataConfig) -> None:
    silent, other = ServerConnection(metadata), ServerConnection(metadata)
    silent.forget_when_silent(1)
    assert silent.lock("one", 0)
    assert not other.lock("one", 0.2)
    assert other.lock("one", 5)
    with pytest.raises(Exception, match=r"(?i)timeout|lost|gone|network|closed|reset|pipe"):
        silent.beat()
    other.close()
