"""Failures of places are told by what stores answered, whatever the names in their messages."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.object_stores import ObjectStore, object_store, reached, refusing_s3, why_not
from tfx_pipeline.storage import fileio
from tfx_pipeline.storage.place_faults import Fault, fault_of

NAMES = (
    "403",
    "404",
    "AccessDenied",
    "Forbidden",
    "timeout",
    "NoSuchBucket",
    "NoSuchKey",
    "ExpiredToken",
    "Could not connect",
    "Anonymous caller",
    "the specified bucket does not exist",
    "AuthenticationFailed",
    "Invalid Credentials",
    "Protocol not known",
)


def s3(code: str, status: int) -> Callable[[str], Exception]:
    """As s3fs raises it."""

    def make(name: str) -> Exception:
        from botocore.exceptions import ClientError
        from s3fs.errors import translate_boto_error

        answer = {
            "Error": {"Code": code, "Message": f"about {name}"},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }
        return translate_boto_error(ClientError(answer, f"Get{name}"))

    return make


def gs(status: int, message: str = "") -> Callable[[str], Exception]:
    """As gcsfs raises it."""

    def make(name: str) -> Exception:
        from gcsfs.retry import validate_response

        try:
            validate_response(status, f"{message} {name}".encode(), f"b/{name}")
        except Exception as error:
            return error
        raise AssertionError

    return make


def azure(code: str | None, status: int | None, kind: str = "HttpResponseError") -> Any:
    """As azure.core raises it, or adlfs from it."""

    def make(name: str) -> Exception:
        from azure.core import exceptions

        error = getattr(exceptions, kind)(f"about {name}")
        error.error_code, error.status_code = code, status
        outer = FileNotFoundError(errno.ENOENT, "No such file", name) if status == 404 else None
        if outer is not None:
            outer.__cause__ = error
        return outer or error

    return make


def plain(kind: type[Exception], *arguments: Any) -> Callable[[str], Exception]:
    return lambda name: kind(*arguments, f"about {name}")


@pytest.mark.parametrize(
    ("scheme", "make", "fault"),
    [
        ("s3", s3("AccessDenied", 403), Fault.REFUSED),
        ("s3", s3("403", 403), Fault.REFUSED),
        ("s3", s3("InvalidAccessKeyId", 403), Fault.REFUSED),
        ("s3", s3("ExpiredToken", 400), Fault.NO_CREDENTIALS),
        ("s3", s3("NoSuchKey", 404), Fault.MISSING),
        ("s3", s3("404", 404), Fault.MISSING),
        ("s3", s3("NoSuchBucket", 404), Fault.NO_BUCKET),
        ("s3", s3("SlowDown", 503), Fault.UNREACHABLE),
        ("s3", s3("InvalidBucketName", 400), Fault.OTHER),
        ("s3", plain(FileNotFoundError), Fault.MISSING),
        ("gs", gs(404), Fault.MISSING),
        ("gs", gs(401), Fault.NO_CREDENTIALS),
        ("gs", gs(400, "invalid"), Fault.OTHER),
        ("gs", gs(503), Fault.UNREACHABLE),
        ("gs", gs(502), Fault.UNREACHABLE),
        ("abfs", azure("AuthorizationFailure", 403), Fault.REFUSED),
        ("abfs", azure("AuthenticationFailed", 403, "ClientAuthenticationError"), Fault.REFUSED),
        ("abfs", azure(None, None, "ClientAuthenticationError"), Fault.NO_CREDENTIALS),
        ("abfs", azure("BlobNotFound", 404, "ResourceNotFoundError"), Fault.MISSING),
        ("abfs", azure("ContainerNotFound", 404, "ResourceNotFoundError"), Fault.NO_BUCKET),
        ("abfs", azure(None, None, "ServiceRequestError"), Fault.UNREACHABLE),
        ("abfs", azure("InvalidBlobType", 409), Fault.OTHER),
        ("s3", plain(ConnectionRefusedError), Fault.UNREACHABLE),
        ("gs", plain(socket.gaierror, -2), Fault.UNREACHABLE),
        ("gs", plain(ssl.SSLError), Fault.UNREACHABLE),
        ("abfs", plain(TimeoutError), Fault.UNREACHABLE),
        ("s3", plain(ValueError), Fault.OTHER),
        ("nokind", plain(ValueError), Fault.NO_SUCH_KIND),
        ("gs", plain(ImportError), Fault.NO_PACKAGE),
    ],
)
def test_fault_of_an_answer_is_the_same_for_every_name(
    scheme: str, make: Callable[[str], Exception], fault: Fault
) -> None:
    found = {name: fault_of(f"{scheme}://bucket/{name}/x", make(name)) for name in NAMES}
    assert found == dict.fromkeys(NAMES, fault)


@pytest.mark.parametrize(
    ("credentials", "fault"), [(None, Fault.NO_CREDENTIALS), (object(), Fault.REFUSED)]
)
def test_fault_of_a_refusal_by_google_depends_on_whether_anyone_asked(
    credentials: object, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = SimpleNamespace(credentials=SimpleNamespace(credentials=credentials))
    monkeypatch.setattr("fsspec.url_to_fs", lambda place: (system, place))
    for name in NAMES:
        assert fault_of(f"gs://b/{name}", gs(403, "Anonymous caller")(name)) is fault


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOENT, "there is nothing"),
        (errno.EACCES, "no right"),
        (errno.EPERM, "no right"),
        (errno.ENOSPC, "no space is left"),
        (errno.EDQUOT, "no space is left"),
        (errno.EISDIR, "a folder, not a file"),
        (errno.ENOTDIR, "a part of the path is a file"),
        (errno.EROFS, "nothing can be written there"),
        (errno.ENAMETOOLONG, "the name is too long"),
        (errno.ELOOP, "a link leads back"),
        (errno.EIO, "it failed"),
    ],
)
def test_explained_of_this_machine_goes_by_the_number(number: int, said: str) -> None:
    for name in NAMES:
        with (
            pytest.raises(fileio.PlaceError, match=said),
            fileio.explained("read", f"/tmp/{name}"),
        ):
            raise OSError(number, os.strerror(number), f"/tmp/{name}")


@pytest.fixture(scope="module", params=["s3", "abfs", "gs"])
def store(request: pytest.FixtureRequest) -> Iterator[ObjectStore]:
    if reason := why_not(request.param):
        pytest.skip(reason)
    with object_store(request.param) as server, reached(server):
        yield server


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_there_is_said_by_real_stores(
    store: ObjectStore, name: str, tmp_path: Path
) -> None:
    for action in (
        lambda: fileio.read_bytes(f"{store.uri}/{name}/x"),
        lambda: fileio.file_facts(f"{store.uri}/x/{name}"),
        lambda: fileio.download_tree(f"{store.uri}/{name}/403", tmp_path / "x"),
    ):
        with pytest.raises(fileio.NoSuchPlaceError, match="there is nothing"):
            action()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["403", "access-denied-403", "timeout", "nosuchbucket"])
def test_a_bucket_that_is_not_there_is_said_by_real_stores(store: ObjectStore, name: str) -> None:
    scheme = store.uri.partition("://")[0]
    with pytest.raises(fileio.NoSuchPlaceError, match="no such bucket or container"):
        fileio.write_bytes(f"{scheme}://{name}/403/x", b"")


@pytest.mark.slow
def test_a_refusal_is_said_by_a_real_store_whatever_the_names() -> None:
    with refusing_s3() as server, reached(server):
        for name in ("404", "NoSuchKey", "timeout", "ExpiredToken", "x"):
            for action in (
                lambda name=name: fileio.write_bytes(f"{server.uri}/{name}", b""),
                lambda name=name: fileio.read_bytes(f"{server.uri}/{name}/NoSuchBucket"),
            ):
                with pytest.raises(fileio.PlaceError, match="no right to do this"):
                    action()


@pytest.mark.slow
def test_a_store_that_does_not_answer_is_said_whatever_the_names() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
        settings = {
            "AWS_ENDPOINT_URL": address,
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "b",
            "AWS_MAX_ATTEMPTS": "1",
        }
        with reached(ObjectStore("s3://bucket", settings)):
            for name in ("403", "NoSuchKey"):
                with pytest.raises(fileio.PlaceError, match="does not answer"):
                    fileio.read_bytes(f"s3://bucket/{name}")
