"""What the Evaluator's tests share: models that are saved once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.components.evaluator.evaluating import Evaluation


@pytest.fixture(scope="session")
def saved_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture
def evaluation(tmp_path: Path, saved_models: Path) -> Evaluation:
    return Evaluation(tmp_path, saved_models)
