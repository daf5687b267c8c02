"""The run that the end-to-end tests begin with."""

from __future__ import annotations

import pytest

from tests.e2e.project import ROWS, Project


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, str]:
    """The shipped taxi pipeline in this process's way, on a part of its rows, and its output."""
    project = Project(tmp_path_factory.mktemp("taxi"), ROWS)
    return project, project.run()
