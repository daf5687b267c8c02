from __future__ import annotations

import ctypes
import gc
import importlib
import sys

import pytest

from tfx_pipeline.patches.process_settings import (
    fast_imports,
    give_back_free_memory,
    limit_heaps,
)


def test_fast_imports_leave_garbage_and_the_validator_of_kubernetes_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "kubernetes_validate", raising=False)
    with fast_imports():
        assert not gc.isenabled()
        with pytest.raises(ModuleNotFoundError, match="kubernetes_validate"):
            importlib.import_module("kubernetes_validate")
    assert gc.isenabled()
    assert importlib.import_module("kubernetes_validate")


def test_heaps_are_limited_unless_the_user_has_said_how_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[int, ...]] = []

    class Library:
        @staticmethod
        def mallopt(*arguments: int) -> None:
            asked.append(arguments)

    monkeypatch.setattr(ctypes, "CDLL", lambda _: Library)
    monkeypatch.setenv("MALLOC_ARENA_MAX", "9")
    limit_heaps()
    monkeypatch.delenv("MALLOC_ARENA_MAX")
    monkeypatch.setattr("os.cpu_count", lambda: 6)
    limit_heaps()
    assert asked == [(-8, 6)]


def test_memory_functions_of_another_library_than_glibc_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    limit_heaps()
    give_back_free_memory()
