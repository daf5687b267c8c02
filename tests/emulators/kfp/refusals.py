"""What a part of Kubeflow Pipelines will not do."""

from __future__ import annotations


class Refused(AssertionError):  # noqa: N818 - it is no mistake of the stand-in's
    """A part that said no, in its own words.

    Attributes:
        at: `template` or `run` (the API server), `argo`, `kubernetes`, `driver`, `launcher`,
            `schedule`.
    """

    def __init__(self, at: str, message: str) -> None:
        super().__init__(f"{at}: {message}")
        self.at = at
        self.message = message


class NotKnown(NotImplementedError):  # noqa: N818 - as above
    """Something of which nobody recorded what the real one makes."""
