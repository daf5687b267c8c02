from __future__ import annotations

from pathlib import Path

import pytest

from tfx_pipeline.targets.machine_traces import Machine

MACHINE = Machine(("/root", "/work/checkout"), "laptop")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/root/data/taxi.csv", ["/root/data/taxi.csv"]),
        ('{"file": "/work/checkout/schema/s.pbtxt"}', ["/work/checkout/schema/s.pbtxt"]),
        ("--x=/root", ["/root"]),
        ('{"x": "/work/checkout"}', ["/work/checkout"]),
        ("PATH=/usr/bin:/root/bin", ["/root/bin"]),
        ("--x=/tmp/x,/root/y", ["/root/y"]),
        ("file:///mnt/x", ["file:///mnt/x"]),
        ("sqlite:///metadata.db", ["sqlite:///metadata.db"]),
        ("tfx_metadata/taxi/metadata.db", ["tfx_metadata/taxi/metadata.db"]),
        ("C:\\Users\\bob\\x.csv", ["C:\\Users\\bob\\x.csv"]),
        ("--job_endpoint=laptop:8099", ["laptop:8099"]),
        ("--job_endpoint=laptop.local:8099", ["laptop.local:8099"]),
    ],
)
def test_traces_finds_what_is_of_the_machine(text: str, expected: list[str]) -> None:
    assert list(MACHINE.traces(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "gs://bucket/root/data/alice/metadata.db",
        "registry.example.com/root/work/checkout:1",
        "projects/12/global/networks/alice",
        "laptop:1.0",
        "registry/laptop:2024",
        "laptop.example.com:8099",
        "miles /root",
        "https://example.com/home/bob/x",
        "localhost:50000",
        "/rooted/x",
        "speed in m/root",
        "--x=/home/tfx/x.py",
        "/mnt/laptop/x",
        "name.dbt",
        "--job_endpoint=flink.db:8099",
        "/usr/lib/python3/x.py",
    ],
)
def test_traces_leaves_alone_what_is_not(text: str) -> None:
    assert list(MACHINE.traces(text)) == []


def test_here_of_a_user_without_home_knows_the_folders_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nothing(*_: object) -> None:
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "home", nothing)
    machine = Machine.here(Path("/work/x"), Path("/"), Path("/usr"))
    assert "/work/x" in machine.folders and not {"/", "/usr"} & set(machine.folders)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/mnt/data/x", ["/mnt/data/x"]),
        ("/root/x/y", []),
        ("--x=/home/tfx/x.py", ["/home/tfx/x.py"]),
        ("/usr/bin/timeout", []),
        ("gs://bucket/mnt/x", []),
        ("a/b/c", []),
    ],
)
def test_other_paths_are_absolute_and_neither_known_nor_everywhere(
    text: str, expected: list[str]
) -> None:
    assert list(MACHINE.other_paths(text)) == expected
