from __future__ import annotations

import pytest

from tfx_pipeline.targets.machine_traces import Machine

MACHINE = Machine(("/root", "/work/checkout"), "alice", "laptop")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/root/data/taxi.csv", ["/root/data/taxi.csv"]),
        ('{"file": "/work/checkout/schema/s.pbtxt"}', ["/work/checkout/schema/s.pbtxt"]),
        ("--setup_file=/home/bob/setup.py", ["/home/bob/setup.py"]),
        ("--x=/Users/bob/x,/tmp/x", ["/Users/bob/x"]),
        ("/scratch/alice/x", ["/scratch/alice/x"]),
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
        "alice",
        "name.dbt",
        "--job_endpoint=flink.db:8099",
        "/usr/lib/python3/x.py",
    ],
)
def test_traces_leaves_alone_what_is_not(text: str) -> None:
    assert list(MACHINE.traces(text)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/mnt/data/x", ["/mnt/data/x"]),
        ("/root/x/y", []),
        ("/usr/bin/timeout", []),
        ("gs://bucket/mnt/x", []),
        ("a/b/c", []),
    ],
)
def test_other_paths_are_absolute_and_neither_known_nor_everywhere(
    text: str, expected: list[str]
) -> None:
    assert list(MACHINE.other_paths(text)) == expected
