"""The memory of a container, from files as the kernel writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfx_pipeline.processes.container_memory import (
    ContainerMemory,
    container_memory,
    free_memory_bytes,
    out_of_memory,
    peak_of_processes,
)

NONE_OF_VERSION_1 = 9223372036854771712


def write(folder: Path, files: dict[str, object]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / f"memory.{name}").write_text(f"{content}\n", encoding="ascii")


def read(folder: Path, membership: str) -> ContainerMemory:
    (folder / "membership").write_text(membership, encoding="ascii")
    return container_memory(folder, folder / "membership")


@pytest.mark.parametrize("group", ["", "kubepods/pod1/c1"])
def test_container_memory_reads_version_2_by_its_path_or_at_the_root(
    tmp_path: Path, group: str
) -> None:
    events = "low 0\nmax 14\noom 2\noom_kill 3\noom_group_kill 0"
    write(tmp_path / group, {"max": 512 << 20, "peak": 500 << 20, "events": events})
    assert read(tmp_path, "0::/kubepods/pod1/c1\n") == ContainerMemory(500 << 20, 512 << 20, 3)


def test_container_memory_of_version_2_without_limit_and_peak_knows_neither(
    tmp_path: Path,
) -> None:
    write(tmp_path, {"max": "max", "events": "oom_kill 0"})
    assert read(tmp_path, "0::/\n") == ContainerMemory(None, None, 0)


@pytest.mark.parametrize("group", ["", "docker/c1"])
def test_container_memory_reads_version_1_beside_an_empty_version_2(
    tmp_path: Path, group: str
) -> None:
    files = {
        "limit_in_bytes": 64 << 20,
        "max_usage_in_bytes": 63 << 20,
        "oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1",
    }
    write(tmp_path / "memory" / group, files)
    membership = "5:cpu:/docker/c1\n4:memory:/docker/c1\n0::/\n"
    assert read(tmp_path, membership) == ContainerMemory(63 << 20, 64 << 20, 1)


def test_container_memory_of_version_1_knows_its_number_for_no_limit(tmp_path: Path) -> None:
    write(tmp_path / "memory", {"limit_in_bytes": NONE_OF_VERSION_1, "max_usage_in_bytes": 7})
    assert read(tmp_path, "4:memory:/\n") == ContainerMemory(7, None, 0)


@pytest.mark.parametrize("membership", ["", "0::/\n", "4:memory:/\n", "nonsense\n"])
def test_container_memory_without_files_knows_nothing(tmp_path: Path, membership: str) -> None:
    assert read(tmp_path, membership) == ContainerMemory()


def test_container_memory_without_control_groups_knows_nothing(tmp_path: Path) -> None:
    assert container_memory(tmp_path, tmp_path / "absent") == ContainerMemory()


def test_out_of_memory_is_when_the_kernel_killed_since() -> None:
    assert out_of_memory(ContainerMemory(kills=1), ContainerMemory(kills=2))
    assert not out_of_memory(ContainerMemory(kills=2), ContainerMemory(kills=2))


def test_peak_of_processes_is_this_ones_at_least() -> None:
    content = bytearray(32 << 20)
    assert peak_of_processes() > len(content)


def test_free_memory_is_what_the_machine_has_left_or_what_the_limit_leaves(tmp_path: Path) -> None:
    meminfo, membership = tmp_path / "meminfo", tmp_path / "membership"
    meminfo.write_text("MemTotal: 9 kB\nMemAvailable: 1000000 kB\n", encoding="ascii")
    membership.write_text("0::/\n", encoding="ascii")
    places = (tmp_path, membership, meminfo)
    assert free_memory_bytes(*places) == 1_024_000_000
    meminfo.write_text("MemAvailable: 100000000 kB\n", encoding="ascii")
    write(tmp_path, {"max": 32 << 30, "events": "oom_kill 0"})
    assert 0 < free_memory_bytes(*places) < 32 << 30  # this process has some of it already
    write(tmp_path, {"max": 1 << 20})
    assert free_memory_bytes(*places) == 0


def test_free_memory_is_known_where_the_kernel_does_not_tell(tmp_path: Path) -> None:
    assert free_memory_bytes(tmp_path, tmp_path / "none", tmp_path / "none") > 100 << 20
