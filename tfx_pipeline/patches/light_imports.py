"""Let a process that runs one step import what that step uses, and little else.

TFX's packages import each other, and with them TensorFlow, Beam and the clouds' clients, whatever
one asks for: `tfx.components.pusher` begins with `tfx.components`, and that with all components.

For both stacks. It can go when `tfx.components.pusher` and its like can be imported without all
components, and TFX's core without the clients of Google Cloud.

Terms:
    deferred: the module is there for whoever imports it, and runs when something of it is used.
    open: a deferred package whose own submodules can be imported before it runs itself.
    hidden: the module seems not to be installed. TFX's core is made for that: it is also
        distributed alone, as `ml-pipelines-sdk`, without components, TensorFlow and Beam.
"""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import sys
import threading
import types
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, TypeAlias

BeamUse: TypeAlias = Literal["none", "here", "elsewhere"]

_CORE = (
    "tfx.orchestration.local.runner_utils",
    "tfx.orchestration.metadata",
    "tfx.orchestration.portable.launcher",
    "tfx.orchestration.portable.partial_run_utils",
)
_CLOUDS = ("azure", "boto3", "google.cloud", "google.pubsub_v1")
"""For files and tables of clouds that Beam reads and writes itself; here, it has copies of them."""
_COMFORTS = ("IPython", "sklearn")
"""For Keras in notebooks, and as an estimator of scikit-learn."""
_DEFERRED = (
    "apache_beam",
    "docker",
    "tensorflow",
    "tensorflow_data_validation",
    "tensorflow_model_analysis",
    "tensorflow_model_analysis.sdk",
    "tfx.components",
)
_OPEN = frozenset({"tfx.components", "tensorflow_data_validation", "tensorflow_model_analysis"})

_TFMA = "tensorflow_model_analysis"
_ALSO_IN = {
    _TFMA: f"{_TFMA}.proto.config_pb2",
    f"{_TFMA}.sdk": f"{_TFMA}.proto.config_pb2",
}
"""Deferred modules whose names are asked for at import, and the module that has these names: no
reason to run. TFMA 0.49, of the current stack, has them there alone; TFX expects them in both."""

_SQL = "tfx_bsl.arrow.sql_util"
"""What TFMA imports and tfx-bsl 1.21 has no more; TFX puts an empty one in its place as well."""

_REASONS = frozenset({"__version__", "__all__"})
"""The names of the form `__name__` for which a module runs; others are Python's own."""

_LOCK = threading.RLock()


class _Deferred(types.ModuleType):
    """A module that has not run yet; it becomes an ordinary one when it does."""

    def __getattribute__(self, name: str) -> Any:
        if name == "__path__":
            known = object.__getattribute__(self, "__dict__")
            if name in known and known["__name__"] not in _OPEN:
                _run(self)  # a submodule of it is imported
        return types.ModuleType.__getattribute__(self, name)

    def __getattr__(self, name: str) -> Any:
        own = object.__getattribute__(self, "__name__")
        if name.startswith("__") and name not in _REASONS:
            raise AttributeError(f"module {own!r} has no attribute {name!r}")
        if own in _ALSO_IN and hasattr(other := importlib.import_module(_ALSO_IN[own]), name):
            self.__dict__[name] = getattr(other, name)
            return self.__dict__[name]
        if own in _OPEN and (child := _submodule(own, name)) is not None:
            return child
        _run(self)
        return getattr(self, name)


class _Loader(importlib.abc.Loader):
    """Makes a deferred module, and runs it later by the loader that it would have had."""

    def __init__(self, real: importlib.abc.Loader) -> None:
        self.real = real

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _Deferred(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Leave it for later."""


class _Finder(importlib.abc.MetaPathFinder):
    """Finds modules that are deferred, and leaves the others to those who come after it."""

    def __init__(self, deferred: Iterable[str]) -> None:
        self._deferred = frozenset(deferred)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find a module."""
        if fullname not in self._deferred:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


class _Hider(importlib.abc.MetaPathFinder):
    """Says that modules, and those below them, are not installed."""

    def __init__(self, hidden: Iterable[str]) -> None:
        self._hidden = tuple(f"{name}." for name in hidden)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> None:
        """Find none of them."""
        if f"{fullname}.".startswith(self._hidden):
            raise ModuleNotFoundError(f"{fullname} is not imported here", name=fullname)


@contextlib.contextmanager
def hidden(modules: Iterable[str]) -> Iterator[None]:
    """Import within the block as if these modules, and those below them, were not installed."""
    hider = _Hider(modules)
    sys.meta_path.insert(0, hider)
    try:
        yield
    finally:
        sys.meta_path.remove(hider)


def import_core(beam: BeamUse) -> None:
    """Import TFX's core, and let all that is imported after it be light.

    What is imported already stays as it is. TFX's core needs Beam itself where an executor is one
    of Beam's.
    """
    if beam == "here":
        with without_extras(runs_user_code=False):
            importlib.import_module("apache_beam")
    sys.meta_path.insert(0, _Finder(name for name in _DEFERRED if name not in sys.modules))
    not_used = {
        "none": ("tfx.components", "tensorflow", "apache_beam"),
        "here": ("tfx.components", "tensorflow"),
        "elsewhere": ("tfx.components",),  # TensorFlow knows the file systems that are used there
    }
    with hidden(not_used[beam]):
        for module in _CORE:
            importlib.import_module(module)


@contextlib.contextmanager
def without_extras(*, runs_user_code: bool) -> Iterator[None]:
    """Import within the block without what TensorFlow and Beam take along where it is installed.

    What modules print about things that are missing is not shown. Code of the user's may use more
    of Keras than ours does.
    """
    importlib.import_module("absl.logging")  # it keeps the standard error that it finds
    names = _CLOUDS if runs_user_code else (*_CLOUDS, *_COMFORTS)
    with hidden(names), contextlib.redirect_stderr(io.StringIO()):
        yield


def use_tensorflow_files() -> None:
    """Let TFX's file operations go through TensorFlow, as usual, if it is imported by now.

    TFX's own for local files lack what its ExampleGen asks of them.
    """
    plugin = importlib.import_module("tfx.dsl.io.plugins.tensorflow_gfile")
    if plugin.tf is None and type(sys.modules.get("tensorflow")) is types.ModuleType:
        importlib.reload(plugin)


def _submodule(package: str, name: str) -> types.ModuleType | None:
    """Import a submodule of an open package, if it has one of that name."""
    full_name = f"{package}.{name}"
    if importlib.util.find_spec(full_name) is None:
        return None
    return importlib.import_module(full_name)


def _run(module: types.ModuleType) -> None:
    """Run a deferred module, once; it stays the same object."""
    with _LOCK:
        if type(module) is not _Deferred:
            return
        loader = module.__spec__.loader if module.__spec__ else None
        assert isinstance(loader, _Loader)
        real = loader.real
        if module.__spec__ is not None:
            module.__spec__.loader = real
        module.__loader__ = real
        module.__class__ = types.ModuleType  # type: ignore[assignment]
        if module.__name__ == _TFMA:
            try:
                importlib.import_module(_SQL)
            except ImportError:
                sys.modules[_SQL] = types.ModuleType(_SQL)
        real.exec_module(module)
        if module.__name__ in _ALSO_IN:
            others = vars(importlib.import_module(_ALSO_IN[module.__name__]))
            for name in (x for x in others.keys() - vars(module).keys() if x[0] != "_"):
                setattr(module, name, others[name])
