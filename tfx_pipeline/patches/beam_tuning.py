"""Settings of Beam for pipelines that never leave this process.

At a few thousand rows, building and starting a pipeline is most of what a Beam step costs, and
much of that is work for remote workers, or answering the same question again.

For both stacks. It can go when Beam has a runner for one process that leaves this work out.
"""

from __future__ import annotations

import bz2
import functools
import types
import weakref
from collections.abc import Callable, Iterable
from typing import Any

# Whenever Beam options are given, TFX packs its own sources for remote workers, 1-2 s a component,
# unless a container image for them is named: for workers that have this package already.
NO_IMAGE = "--sdk_container_image=none"
# The runner that Beam's DirectRunner ends up with in any case, named so that it does not try its
# Go runner first.
BEAM_OPTIONS = ("--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner", NO_IMAGE)

_HERE = {"", "direct", "fnapi", "bundlebaseddirect"}
_ArgsAndDefaults = tuple[list[str], list[Any]]
_Specs = tuple[set[Any], set[Any]]


def works_in_this_process(words: Iterable[str]) -> bool:
    """Say whether Beam, with these options, would do all of its work in this process.

    Then whoever can do the same work without Beam may.
    """
    options = dict(word[2:].partition("=")[::2] for word in words if word.startswith("--"))
    engine = options.get("runner", "").rpartition(".")[2].lower().removesuffix("runner")
    return engine in _HERE and options.get("direct_running_mode", "in_memory") == "in_memory"


def tune_beam(*, one_process: bool = True) -> None:
    """Leave out what costs a pipeline of this process more than it saves. Idempotent.

    For a pipeline with workers elsewhere this is not called: they would not understand it. With
    workers in other processes of this machine it is, `one_process` being false.

    - The state cache of in-process workers would measure the size of every cached object, up to a
      quarter of Transform's and Evaluator's time. The option of this purpose does not reach them.
    - Pickled functions are compressed for the wire; in one process there is none.
    - The rows of a key are spread over up to 128 workers and brought together again; here there
      is one.
    - The same options are parsed, and the same signatures inspected, for every transform.
    """
    from apache_beam.internal import cloudpickle_pickler
    from apache_beam.options.pipeline_options import PipelineOptions
    from apache_beam.runners.portability.fn_api_runner import worker_handlers
    from apache_beam.transforms import core, userstate

    worker_handlers.STATE_CACHE_SIZE_MB = 0
    cloudpickle_pickler.bz2 = _NoCompression if one_process else bz2
    core.CombinePerKey.with_hot_key_fanout = lambda combine, fanout: combine
    for owner, name, remember in (
        (PipelineOptions, "view_as", _view_once),
        (core, "get_function_args_defaults", _inspect_once),
        (userstate, "get_dofn_specs", _find_specs_once),
    ):
        function = getattr(owner, name)
        if not hasattr(function, "__wrapped__"):
            setattr(owner, name, remember(function))


class _NoCompression:
    """Stands in for the module `bz2`."""

    @staticmethod
    def compress(data: bytes, compresslevel: int = 9) -> bytes:
        return data

    @staticmethod
    def decompress(data: bytes) -> bytes:
        return data


def _view_once(view_as: Callable[[Any, type], Any]) -> Callable[[Any, type], Any]:
    """Remember the views of an options object; they share its values, so none goes stale."""
    views: weakref.WeakKeyDictionary[Any, dict[type, Any]] = weakref.WeakKeyDictionary()

    @functools.wraps(view_as)
    def remembered(options: Any, kind: type) -> Any:
        known = views.setdefault(options, {})
        if kind not in known:
            known[kind] = view_as(options, kind)
        return known[kind]

    return remembered


def _inspect_once(
    inspect_function: Callable[[Any], _ArgsAndDefaults],
) -> Callable[[Any], _ArgsAndDefaults]:
    """Remember the arguments of functions and, apart from them, of methods without `self`."""
    answers: weakref.WeakKeyDictionary[Any, dict[bool, _ArgsAndDefaults]] = (
        weakref.WeakKeyDictionary()
    )

    @functools.wraps(inspect_function)
    def remembered(function: Any) -> _ArgsAndDefaults:
        is_method = isinstance(function, types.MethodType)
        plain = function.__func__ if is_method else function
        if not isinstance(plain, types.FunctionType):
            return inspect_function(function)
        known = answers.setdefault(plain, {})
        if is_method not in known:
            known[is_method] = inspect_function(function)
        names, defaults = known[is_method]
        return [*names], [*defaults]

    return remembered


def _find_specs_once(find_specs: Callable[[Any], _Specs]) -> Callable[[Any], _Specs]:
    """Remember the state and timers that the methods of a DoFn's class ask for.

    A DoFn that carries methods of its own, as an attribute, is asked anew.
    """
    answers: weakref.WeakKeyDictionary[type, _Specs] = weakref.WeakKeyDictionary()

    @functools.wraps(find_specs)
    def remembered(dofn: Any) -> _Specs:
        if any(isinstance(value, types.MethodType) for value in vars(dofn).values()):
            return find_specs(dofn)
        kind = type(dofn)
        if kind not in answers:
            answers[kind] = find_specs(dofn)
        states, timers = answers[kind]
        return {*states}, {*timers}

    return remembered
