from __future__ import annotations

from pathlib import Path

import pytest

from tfx_pipeline.storage.several_files import UnwritableError, write_all


def all_files(folder: Path) -> dict[str, str]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in found}


def test_all_files_are_written_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("before")
    (tmp_path / "old").chmod(0o640)
    write_all({tmp_path / "a/b/new": "1", tmp_path / "old": "2", tmp_path / "a/other": "3"})
    assert all_files(tmp_path) == {"a/b/new": "1", "a/other": "3", "old": "2"}
    assert (tmp_path / "old").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("bad", ["old/inside", "folder"])
def test_nothing_is_written_when_one_cannot_be(tmp_path: Path, bad: str) -> None:
    (tmp_path / "old").write_text("before")
    (tmp_path / "folder/full").mkdir(parents=True)
    with pytest.raises(UnwritableError) as raised:
        write_all({tmp_path / "new/deep/file": "1", tmp_path / "old": "2", tmp_path / bad: "3"})
    assert raised.value.file == tmp_path / bad
    assert isinstance(raised.value.__cause__, OSError)
    assert all_files(tmp_path) == {"old": "before"}
    assert not (tmp_path / "new").exists()


def test_file_that_was_renamed_already_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old").write_text("before")
    replace = Path.replace

    def failing(self: Path, target: Path) -> Path:
        if target.name == "last":
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(UnwritableError):
        write_all({tmp_path / "old": "2", tmp_path / "new": "3", tmp_path / "last": "4"})
    assert all_files(tmp_path) == {"old": "before"}


def test_link_stays_a_link_to_what_is_written(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("before")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_all({tmp_path / "link": "after"})
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_text() == "after"
