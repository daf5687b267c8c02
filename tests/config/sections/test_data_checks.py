"""Severities of the data checks, as people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.pipeline.check_settings import make_check_settings


@pytest.mark.parametrize("word", ["error", "warn", "off"])
def test_severity_alone_stands_for_the_check(repository: Path, word: str) -> None:
    said = [f"data.checks.drift={word}", f"data.checks.columns.fare={{leaks: {word}}}"]
    config = load_config(repository / "configs/taxi.yaml", "local", said).config
    assert config.data.checks.drift.severity == word
    settings = make_check_settings(config)
    assert settings.severity("drift", "fare") == settings.severity("leaks", "fare") == word
    assert settings.severity("leaks", "company") == "warn"


def test_severity_that_is_none_is_refused_with_the_nearest(repository: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean `off`"):
        load_config(repository / "configs/taxi.yaml", "local", ["data.checks.skew=offf"])
