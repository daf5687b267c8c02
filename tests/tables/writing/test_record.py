from __future__ import annotations

from pathlib import Path

import pytest

from tfx_pipeline.errors import ConfigError
from tfx_pipeline.tables.writing.record import read_record, record_file, record_text


def test_record_gives_back_what_was_written(tmp_path: Path) -> None:
    file = record_file(tmp_path, "shop")
    assert read_record(file) is None
    file.parent.mkdir(parents=True)
    texts = {"configs/shop.yaml": "a: 1\n", "data/shop/README.md": "ü\udcff\n"}
    file.write_text(record_text(texts), encoding="utf-8")
    assert read_record(file) == texts


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"written": 3}', '{"written": {"a": 1}}'])
def test_record_that_is_broken_is_refused_with_the_next_step(tmp_path: Path, text: str) -> None:
    file = tmp_path / "shop.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="nothing was written") as raised:
        read_record(file)
    assert "--force" in str(raised.value)
