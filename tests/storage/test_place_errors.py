"""What goes wrong with a place is said with the next step, and without secrets."""

from __future__ import annotations

import pytest
from aiohttp.client_exceptions import ClientConnectionError

from tfx_pipeline.errors import PipelineError
from tfx_pipeline.storage.place_errors import NoSuchPlaceError, PlaceError, explained


def named(name: str, text: str = "", base: type[Exception] = Exception) -> Exception:
    """An error as a library that is not imported here would raise it."""
    return type(name, (base,), {})(text)


@pytest.mark.parametrize(
    ("place", "raised", "what", "next_step"),
    [
        ("s3://b/x", ImportError("Install s3fs to access S3"), "not installed", "tfx-pipeline[s3]"),
        ("gs://b/x", ImportError("Please install gcsfs"), "not installed", "tfx-pipeline[gcs]"),
        ("abfs://b/x", ImportError("Install adlfs"), "not installed", "tfx-pipeline[azure]"),
        ("ftpx://b/x", ValueError("Protocol not known: ftpx"), "no such kind of place", "s3://"),
        ("s3://b/x", named("NoCredentialsError"), "no credentials", "AWS_ACCESS_KEY_ID"),
        ("abfs://b/x", named("CredentialUnavailableError"), "no credentials", "AZURE_STORAGE_"),
        ("s3://b/x", PermissionError("Access Denied"), "no right", "AWS_ACCESS_KEY_ID"),
        (
            "s3://b/x",
            named("EndpointConnectionError", "Could not connect"),
            "not answer",
            "AWS_END",
        ),
        ("gs://b/x", ClientConnectionError(), "not answer", "STORAGE_EMULATOR_HOST"),
        ("abfs://b/x", named("ServiceRequestError"), "not answer", "AZURE_STORAGE_CONN"),
        ("s3://b/x", named("ReadTimeoutError"), "not answer", "the network"),
        ("/tmp/x", OSError(28, "No space left on device"), "no space is left", "another place"),
        ("/tmp/x", PermissionError(13, "Permission denied"), "no right", "rights of the file"),
        ("s3://b/x", RuntimeError("boom"), "it failed", "boom"),
    ],
)
def test_explained_sorts_what_a_store_raises(
    place: str, raised: Exception, what: str, next_step: str
) -> None:
    with pytest.raises(PlaceError) as error, explained("read", place):
        raise raised
    text = str(error.value)
    assert what in text
    assert next_step in text
    assert text.startswith(f"cannot read {place}\n")
    assert error.value.__cause__ is raised


def test_explained_of_a_write_takes_nothing_for_a_missing_bucket() -> None:
    missing = pytest.raises(NoSuchPlaceError, match="no such bucket")
    with missing, explained("write", "gs://b/x"):
        raise FileNotFoundError("b/x")


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("s3://user:hunter2@host/x", "it broke"),
        ("abfs://c/x?sv=1&sig=hunter2", "it broke"),
        ("s3://b/x", "AccountKey=hunter2;EndpointSuffix=x"),
        ("s3://b/x", "signature: hunter2"),
        ("s3://b/x", "https://me:hunter2@host/b failed"),
        ("s3://b/x", "GET https://h/b?sv=2&sig=hunter2&se=3 failed"),
    ],
)
def test_explained_shows_no_secret(place: str, message: str) -> None:
    with pytest.raises(PlaceError) as error, explained("read", place):
        raise RuntimeError(message)
    assert "hunter2" not in str(error.value)


def test_explained_lets_our_own_errors_through() -> None:
    own = PipelineError([], "mine")
    with pytest.raises(PipelineError) as error, explained("read", "s3://b/x"):
        raise own
    assert error.value is own
