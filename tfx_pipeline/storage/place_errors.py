"""What went wrong with a place (see `fileio`), in the user's terms and without secrets."""

from __future__ import annotations

import contextlib
import errno
import re
from collections.abc import Iterator

from tfx_pipeline.errors import PipelineError, Problem
from tfx_pipeline.storage.place_faults import Fault, fault_of

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
_SYSTEM = {
    errno.EISDIR: ("a folder, not a file", "name a file"),
    errno.ENOTDIR: ("a part of the path is a file, not a folder", "check the name"),
    errno.EEXIST: ("there is a file of this name", "remove it, or choose another name"),
    errno.ELOOP: ("a link leads back to where it is", "remove that link"),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter one"),
    errno.EROFS: ("nothing can be written there", "choose another place"),
    errno.ENOSPC: ("no space is left", "free some, or choose another place"),
    errno.EDQUOT: ("no space is left", "free some, or choose another place"),
}
"""What failed by the system's number, and the next step."""
_UNKNOWN = "it failed"


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


def _problem(verb: str, place: str, error: Exception) -> tuple[type[PlaceError], Problem]:
    """Say what is wrong, and what to do."""
    extra = _EXTRAS.get(place.partition("://")[0]) if "://" in place else None
    where, fault = shown(place), fault_of(place, error)
    if fault is Fault.NO_SUCH_KIND:
        allowed = "a path, gs://, s3://, abfs://"
        return PlaceError, Problem("no such kind of place", where, allowed=allowed)
    received = None
    kind: type[PlaceError] = PlaceError
    if fault is Fault.NO_PACKAGE:
        what = "the package for this kind of place is not installed"
        next_step = f"pip install 'tfx-pipeline[{extra}]'" if extra else "pip install its package"
    elif fault is Fault.NO_CREDENTIALS:
        what = "there are no credentials for this place, or they have expired"
        next_step = f"give {_CREDENTIALS.get(extra or '', 'them')}"
    elif fault is Fault.REFUSED:
        what = "these credentials have no right to do this here"
        next_step = "change the rights of the file or folder, or choose another place"
        if extra:
            next_step = f"give them the right, or give others: {_CREDENTIALS[extra]}"
    elif fault in (Fault.MISSING, Fault.NO_BUCKET):
        kind, what, next_step = NoSuchPlaceError, "there is nothing", "check the name"
        if fault is Fault.NO_BUCKET or (extra and verb == "write"):
            what, next_step = "no such bucket or container", "make it, or check its name"
    elif fault is Fault.UNREACHABLE:
        what, received = "the store does not answer", _short(error)
        address = _ADDRESSES.get(extra or "", "the address")
        next_step = f"check the network, and {address} where it is set"
    else:
        number = error.errno if isinstance(error, OSError) else None
        unknown = (_UNKNOWN, "see the message; the log has the rest")
        what, next_step = _SYSTEM.get(number or 0, unknown)
        received = None if what != _UNKNOWN else _short(error)
    return kind, Problem(what, where, received, next_step=next_step)


def _short(error: Exception) -> str:
    """Give the beginning of a message, without what may be a secret."""
    text = " ".join((str(error) or type(error).__name__).split())[:300]
    text = re.sub(
        r"(?i)((?:key|token|secret|sig|signature|password)[\w-]*\s*[=:]\s*)\S+", r"\1…", text
    )
    return re.sub(r"://[^/\s@]*:[^/\s@]*@", "://…@", text)
