"""Which folders are versions of a model."""

from __future__ import annotations

from pathlib import Path

from tests.deployment.conftest import add_versions
from tfx_pipeline.deployment.model_versions import versions_on_disk


def test_versions_on_disk_lists_complete_numeric_folders_in_order(base: Path) -> None:
    add_versions(base, 10, "0007", ".11.incomplete", "new")
    (base / "12").mkdir()
    (base / "13").touch()
    assert versions_on_disk(base) == {
        1: base / "1",
        2: base / "2",
        3: base / "3",
        7: base / "0007",
        10: base / "10",
    }
    assert versions_on_disk(base / "none") == {}


def test_versions_on_disk_passes_over_what_servers_take_for_no_number(base: Path) -> None:
    add_versions(base, "99.bak", "latest", "99 copy", "١٢", "9" * 30, "5.1", "0x9")
    add_versions(base, "-4", "+5", " 6")
    (base / "8").write_text("a file")
    (base / "11").symlink_to(base / "nowhere")
    (base / "12").symlink_to(base / "1")
    assert list(versions_on_disk(base)) == [-4, 1, 2, 3, 5, 6, 12]
