"""The token that callers must bring, if the server's options name a file with one."""

from __future__ import annotations

import hmac
from pathlib import Path

from tfx_pipeline.serving.errors import invalid_argument

_SCHEME = b"bearer"


class BearerToken:
    """A token; it is compared in a time that tells nothing about it.

    Args:
        path: of a file with the token; white space around it does not count.

    Raises:
        ServingError: the file cannot be read, or is empty.
    """

    def __init__(self, path: str) -> None:
        try:
            self._token = Path(path).read_bytes().strip()
        except OSError as error:
            raise invalid_argument(f"bearer_token_file: {path}: {error.strerror}") from error
        if not self._token:
            raise invalid_argument(f"bearer_token_file: {path}: there is no token in it")

    def is_in(self, authorization: bytes) -> bool:
        """Tell whether the value of an `Authorization` header brings it."""
        scheme, _, token = authorization.partition(b" ")
        return scheme.lower() == _SCHEME and hmac.compare_digest(token.strip(), self._token)
