from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from tfx_pipeline.processes import memory_limit


@pytest.mark.parametrize(("text", "expected"), [("1000", 1000), ("max", None), ("9" * 30, None)])
def test_memory_is_that_of_the_container_if_it_has_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: int | None
) -> None:
    (tmp_path / "limit").write_text(text)
    monkeypatch.setattr(memory_limit, "_CONTAINER_LIMIT", tmp_path / "limit")
    machine = psutil.virtual_memory().total
    assert memory_limit.memory_bytes() == pytest.approx(expected or machine, rel=0.01)
