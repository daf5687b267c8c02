"""Sessions with real stores: SQLite, MariaDB, PostgreSQL, and ML Metadata's own service."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2 as pb

from tests.forked import forked
from tests.free_ports import free_port
from tests.runners.metadata.database_servers import (
    PASSWORD,
    PASSWORD_PART,
    DatabaseServer,
)
from tests.runners.metadata.mlmd_server import mlmd_server
from tfx_pipeline.config.metadata_url import parse_url
from tfx_pipeline.config.sections.environment import MetadataConfig
from tfx_pipeline.runners.metadata import server_wait
from tfx_pipeline.runners.metadata.database_server import named_lock
from tfx_pipeline.runners.metadata.file_lock import session_lock
from tfx_pipeline.runners.metadata.metadata_errors import MetadataError
from tfx_pipeline.runners.metadata.session import MetadataSession

pytestmark = [pytest.mark.slow, pytest.mark.once]

_KINDS = ("sqlite", "mysql", "postgresql", "grpc")
_ROUNDS, _PROCESSES = 3, 8


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TFX_METADATA_PASSWORD", PASSWORD)


@pytest.fixture(scope="module")
def stores(
    tmp_path_factory: pytest.TempPathFactory, database_of: Callable[[str], DatabaseServer]
) -> Iterator[dict[str, str]]:
    """URLs of stores that all start empty, by kind; without those whose package is missing."""
    folder = tmp_path_factory.mktemp("stores")
    with contextlib.ExitStack() as stack:
        urls = {"sqlite": f"sqlite://{folder}/metadata.db"}
        for kind in ("mysql", "postgresql"):
            with contextlib.suppress(pytest.skip.Exception):
                urls[kind] = database_of(kind).url
        urls["grpc"] = stack.enter_context(mlmd_server(folder / "served.db"))
        yield urls


@pytest.fixture(scope="module")
def raced(stores: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Counter[str]:
    """How often each outcome came, of processes that write to each store at once."""
    words = ["python", "-m", "tests.runners.metadata.racing", str(_ROUNDS), str(_PROCESSES)]
    secret = {"TFX_METADATA_PASSWORD": PASSWORD}
    done = forked().run([*words, *stores.values()], cwd=tmp_path_factory.getbasetemp(), env=secret)
    assert done.status == 0, done.err
    assert PASSWORD_PART not in done.out + done.err
    return Counter(done.out.splitlines())


def _url(stores: dict[str, str], kind: str) -> str:
    if kind not in stores:
        pytest.skip(f"the server's package is not installed: {kind}")
    return stores[kind]


def _refusal(session: MetadataSession) -> str:
    with pytest.raises(MetadataError) as caught, session:
        pass
    return str(caught.value)


@pytest.mark.parametrize("kind", _KINDS)
def test_sessions_that_race_leave_what_each_of_them_wrote(
    stores: dict[str, str], raced: Counter[str], kind: str
) -> None:
    url = _url(stores, kind)
    mine = {line: count for line, count in raced.items() if line.startswith(f"{url} ")}
    assert mine == {f"{url} done": _ROUNDS * _PROCESSES}
    with MetadataSession(parse_url(url)) as handle:
        store = handle.store
        for types in (
            store.get_context_types(),
            store.get_execution_types(),
            store.get_artifact_types(),
        ):
            names = Counter(x.name for x in types)
            assert set(names.values()) == {1}, names
        for number in range(_ROUNDS):
            run = store.get_context_by_type_and_name(f"run.run{number}", f"run{number}")
            executions = store.get_executions_by_context(run.id)
            assert [x.last_known_state for x in executions] == [pb.Execution.COMPLETE] * _PROCESSES
            artifacts = store.get_artifacts_by_context(run.id)
            assert sorted(x.uri for x in artifacts) == [
                f"/models/run{number}/Node{child}" for child in range(_PROCESSES)
            ]


@pytest.mark.parametrize("kind", _KINDS)
def test_session_may_be_entered_again_by_its_thread(stores: dict[str, str], kind: str) -> None:
    session = MetadataSession(parse_url(_url(stores, kind)))
    with session as outer:
        store = outer.store
        with session as inner:
            assert inner.store is store
        assert session.store.get_context_types() is not None
    with pytest.raises(RuntimeError, match="not in enter state"):
        _ = session.store


def test_session_on_a_file_keeps_others_out_until_it_ends(tmp_path: Path) -> None:
    file = tmp_path / "metadata.db"
    refused: list[bool] = []

    def other() -> None:
        try:
            session_lock(file).acquire(0.1)
            session_lock(file).release()
        except MetadataError:
            refused.append(True)
        else:
            refused.append(False)

    for within in (True, False):
        with MetadataSession(parse_url(f"sqlite://{file}")) if within else contextlib.nullcontext():
            thread = threading.Thread(target=other)
            thread.start()
            thread.join()
    assert refused == [True, False]


def test_session_registers_types_while_no_other_process_does(server: DatabaseServer) -> None:
    metadata = parse_url(server.url)
    registered = threading.Event()

    def register() -> None:
        with MetadataSession(metadata) as handle:
            handle.store.put_context_type(pb.ContextType(name="step"))
            registered.set()

    with named_lock(metadata, "types", 1):
        thread = threading.Thread(target=register)
        thread.start()
        assert not registered.wait(1)
    thread.join()
    assert registered.is_set()


@pytest.mark.parametrize("kind", _KINDS)
def test_session_gives_texts_back_as_they_were(stores: dict[str, str], kind: str) -> None:
    text = """{"a": "\\"b\\" \\n \\\\", 'c': ''}; -- $0 $1 %s ?é☃ \\"""
    with MetadataSession(parse_url(_url(stores, kind))) as handle:
        type_id = handle.store.put_execution_type(pb.ExecutionType(name="texts"))
        execution = pb.Execution(type_id=type_id, name=f"of {kind}")
        execution.custom_properties["config"].string_value = text
        execution.custom_properties["list"].struct_value.fields["x"].string_value = text
        (number,) = handle.store.put_executions([execution])
        (found,) = handle.store.get_executions_by_id([number])
    assert found.custom_properties["config"].string_value == text
    assert found.custom_properties["list"].struct_value.fields["x"].string_value == text


def test_session_survives_a_server_that_was_killed_and_returns(server: DatabaseServer) -> None:
    with MetadataSession(parse_url(server.url)) as handle:
        kind = handle.store.put_execution_type(pb.ExecutionType(name="step"))
        server.kill()
        threading.Timer(0.5, server.start).start()
        named = pb.Execution(type_id=kind, name="one", last_known_state=pb.Execution.COMPLETE)
        number, _, _ = handle.store.put_execution(named, [], [])
        assert [x.id for x in handle.store.get_executions()] == [number]


def test_session_does_not_repeat_what_would_be_stored_twice(server: DatabaseServer) -> None:
    with MetadataSession(parse_url(server.url)) as handle:
        kind = handle.store.put_execution_type(pb.ExecutionType(name="step"))
        server.kill()
        server.start()
        with pytest.raises(MetadataError) as caught:
            handle.store.put_execution(pb.Execution(type_id=kind), [], [])
        assert "the connection broke in PutExecution" in str(caught.value)
        assert "same command again" in str(caught.value)
    with MetadataSession(parse_url(server.url)) as handle:
        assert handle.store.get_executions() == []


def test_session_when_the_server_is_gone_says_so_in_time(
    server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_wait, "AWAY_S", 0.3)
    session = MetadataSession(parse_url(server.url))
    with session:
        pass
    server.kill()
    for broken in (session, MetadataSession(parse_url(server.url))):
        said = _refusal(broken)
        assert "nothing answers at 127.0.0.1" in said and PASSWORD_PART not in said
    server.start()
    with session as handle:
        assert handle.store.get_executions() == []


@pytest.mark.parametrize("version", [6, 99])
def test_session_on_tables_of_another_version_names_both(
    server: DatabaseServer, version: int
) -> None:
    metadata = parse_url(server.url)
    with MetadataSession(metadata):
        pass
    server.sql(f"UPDATE MLMDEnv SET schema_version = {version}")
    said = _refusal(MetadataSession(metadata))
    assert f"version {version}" in said and "allowed  version 10" in said


def test_session_ends_the_process_when_the_server_hangs(server: DatabaseServer) -> None:
    code = f"""
import sys
from tfx_pipeline.config.metadata_url import parse_url
from tfx_pipeline.runners.metadata import retrying_metadata
store = retrying_metadata.RetryingMetadata(parse_url({server.url!r}), is_first=True)
store.get_context_types()
print("open", flush=True)
retrying_metadata.ANSWER_S = 1
sys.stdin.readline()
while True:
    store.get_context_types()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "open\n"
        server.pause()
        try:
            _, errors = process.communicate("go\n", timeout=30)
        finally:
            server.resume()
    assert process.returncode == 1
    assert "the_metadata_server_must_answer" in errors
    assert PASSWORD_PART not in errors


def test_session_without_database_rights_says_so(server: DatabaseServer) -> None:
    metadata = parse_url(server.url).model_copy(update={"database": "nix"})
    assert "no database `nix`" in _refusal(MetadataSession(metadata))


def test_session_with_an_mlmd_server_that_is_gone_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server_wait, "AWAY_S", 0.3)
    metadata = MetadataConfig(kind="grpc", host="127.0.0.1", port=free_port())
    assert "nothing answers at 127.0.0.1" in _refusal(MetadataSession(metadata))


def test_session_with_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    (tmp_path / "metadata.db").write_text("hello, this is not a database" * 100)
    session = MetadataSession(parse_url(f"sqlite://{tmp_path}/metadata.db"))
    assert "ML Metadata cannot use it" in _refusal(session)


def test_logs_of_a_session_hold_no_password(
    server: DatabaseServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level("DEBUG", logger="absl"), MetadataSession(parse_url(server.url)) as handle:
        handle.store.get_context_types()
    assert "initialized" in caplog.text
    shown = caplog.text + "".join(capfd.readouterr()) + repr(handle.connection_config)
    assert PASSWORD_PART not in shown
