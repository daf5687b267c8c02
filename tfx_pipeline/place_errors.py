"""What went wrong with a place (see `places`), in the user's terms and without secrets."""

from __future__ import annotations

import contextlib
import errno
import re
from collections.abc import Iterator

from tfx_pipeline.errors import PipelineError, Problem

_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs"} | dict.fromkeys(
    ("abfs", "abfss", "az"), "azure"
)
_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role of the machine",
    "gcs": "GOOGLE_APPLICATION_CREDENTIALS, `gcloud auth application-default login`, or a service"
    " account of the machine",
    "azure": "AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT_NAME with"
    " AZURE_STORAGE_ACCOUNT_KEY, AZURE_STORAGE_SAS_TOKEN or an identity of the machine",
}

_ADDRESSES = {
    "s3": "AWS_ENDPOINT_URL",
    "gcs": "STORAGE_EMULATOR_HOST",
    "azure": "AZURE_STORAGE_CONNECTION_STRING",
}
_NO_BUCKET = re.compile("specified bucket does not exist|NoSuchBucket|o such container|ContainerN")


class PlaceError(PipelineError):
    """A place cannot be read or written."""


class NoSuchPlaceError(PlaceError):
    """There is no such file, folder or bucket."""


@contextlib.contextmanager
def explained(verb: str, place: str) -> Iterator[None]:
    """Turn what a file system raises into a `PlaceError`.

    Args:
        verb: what is tried, e.g. `read`.
        place: path or URI; what a URI carries besides bucket and name is not shown.
    """
    try:
        yield
    except PipelineError:
        raise
    except Exception as error:
        kind, problem = _problem(verb, place, error)
        raise kind([problem], f"cannot {verb} {shown(place)}") from error


def shown(place: str) -> str:
    """Give a place without the password, token or signature that a URI may carry."""
    scheme, separator, rest = place.partition("://")
    if not separator:
        return place
    rest = re.sub(r"\?.*", "?…", rest)
    return scheme + separator + re.sub(r"^[^/@]*:[^/@]*@", "…@", rest)


_SYSTEM = {
    errno.EISDIR: ("a folder, not a file", "name a file"),
    errno.ENOSPC: ("no space is left", "free some, or choose another place"),
    errno.EDQUOT: ("no space is left", "free some, or choose another place"),
}
"""What failed by the system's number, and the next step."""


def _problem(verb: str, place: str, error: Exception) -> tuple[type[PlaceError], Problem]:
    """Sort an error by what its user must do."""
    uri = "://" in place
    extra = _EXTRAS.get(place.partition("://")[0]) if uri else None
    where = shown(place)
    chain = list(_chain(error))
    names = {type(each).__name__ for each in chain}
    text = " ".join(str(each) for each in chain)

    def problem(what: str, next_step: str, received: str | None = None) -> Problem:
        return Problem(what, where, received, next_step=next_step)

    if uri and isinstance(error, ImportError):
        install = f"pip install 'tfx-pipeline[{extra}]'" if extra else "pip install its package"
        return PlaceError, problem("the package for this kind of place is not installed", install)
    if uri and isinstance(error, ValueError) and "Protocol not known" in text:
        allowed = "a path, gs://, s3://, abfs://"
        return PlaceError, Problem("no such kind of place", where, allowed=allowed)
    if _lacks_credentials(names, text):
        return PlaceError, problem(
            "there are no credentials for this place, or they have expired",
            f"give {_CREDENTIALS.get(extra or '', 'them')}",
        )
    if _is_refused(error, text):
        return PlaceError, problem(
            "these credentials have no right to do this here",
            f"give them the right, or give others: {_CREDENTIALS[extra]}"
            if extra
            else "change the rights of the file or folder, or choose another place",
        )
    if isinstance(error, FileNotFoundError) or names & {"ResourceNotFoundError"}:
        if extra and (verb == "write" or _NO_BUCKET.search(text)):
            what, next_step = "no such bucket or container", "make it, or check its name"
        else:
            what, next_step = "there is nothing", "check the name"
        return NoSuchPlaceError, problem(what, next_step)
    if uri and _is_unreachable(names, text):
        return PlaceError, problem(
            "the store does not answer",
            f"check the network, and {_ADDRESSES.get(extra or '', 'the address')} where it is set",
            _short(error),
        )
    number = error.errno if isinstance(error, OSError) else None
    if number in _SYSTEM:
        return PlaceError, problem(*_SYSTEM[number])
    return PlaceError, problem("it failed", "see the message; the log has the rest", _short(error))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _lacks_credentials(names: set[str], text: str) -> bool:
    known = {
        "NoCredentialsError",
        "PartialCredentialsError",
        "CredentialUnavailableError",
        "DefaultCredentialsError",
        "RefreshError",
        "TokenRetrievalError",
        "ProfileNotFound",
    }
    words = (
        "Anonymous caller",
        "Invalid Credentials",
        "ExpiredToken",
        "token provided has expired",
        "Must provide either a connection_string or account_name",
        "account name must be provided",
        "unable to connect to account",
        "failed to retrieve a token",
    )
    return bool(names & known) or any(word.lower() in text.lower() for word in words)


def _is_refused(error: Exception, text: str) -> bool:
    words = ("Forbidden", "AccessDenied", "AuthorizationFailure", "AuthenticationFailed", "403")
    return isinstance(error, PermissionError) or any(
        re.search(rf"\b{word}\b", text) for word in words
    )


def _is_unreachable(names: set[str], text: str) -> bool:
    words = "Connect|Timeout|Unreachable|gaierror|ServiceRequestError|ProxyError|SSLError"
    return any(re.search(words, name) for name in names) or "Could not connect" in text


def _short(error: Exception) -> str:
    """Give the beginning of a message, without what may be a secret."""
    text = " ".join((str(error) or type(error).__name__).split())[:300]
    text = re.sub(
        r"(?i)((?:key|token|secret|sig|signature|password)[\w-]*\s*[=:]\s*)\S+", r"\1…", text
    )
    return re.sub(r"://[^/\s@]*:[^/\s@]*@", "://…@", text)
