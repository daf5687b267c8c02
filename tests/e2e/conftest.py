"""The run that the end-to-end tests begin with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.project import ROWS, Project


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, str]]:
    """The shipped taxi pipeline on a part of its rows, and its output.

    Its folder's name holds what libraries take for patterns, and shells for their own.
    """
    folder = tmp_path_factory.mktemp("taxi")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        project = Project(folder / "my taxi's [v2] *? #1 50% ä", ROWS)
        yield project, project.run_anew()
