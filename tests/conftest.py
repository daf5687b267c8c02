"""What all tests share."""

from __future__ import annotations

import gc
import json
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run; `--hypothesis-profile=default` looks for new ones.
settings.register_profile("same", derandomize=True)
settings.load_profile("same")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no process is left alone with one."""
    longest: dict[Path, tuple[float, bool, bool]] = {}
    for item in items:
        timeout = item.get_closest_marker("timeout")
        weight = (
            timeout.args[0] if timeout else 0.0,
            item.get_closest_marker("e2e") is not None,
            item.get_closest_marker("slow") is not None,
        )
        longest[item.path] = max(longest.get(item.path, weight), weight)
    items.sort(key=lambda item: longest[item.path], reverse=True)


def pytest_collection_finish() -> None:
    """Keep what was collected out of garbage collection, which took most of some tests' time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def local_penguins(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Artifacts, by `Node.output`, of the shipped penguins run by `run_local.py`."""
    from tests.forked import forked

    folder = tmp_path_factory.mktemp("local")
    places = (
        f"environment.pipeline_root={folder}/root",
        f"environment.metadata.path={folder}/metadata.db",
        f"push.base_directory={folder}/serving",
    )
    words = ["run", "--config=configs/penguins.yaml", *(f"--set={place}" for place in places)]
    done = forked().run(words, cwd=repository)
    assert done.status == 0, done.out + done.err
    (summary,) = folder.glob("root/runs/*/summary.json")
    artifacts: dict[str, str] = json.loads(summary.read_text(encoding="utf-8"))["artifacts"]
    return artifacts
