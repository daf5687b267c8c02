"""What a step's result depends on besides its inputs and settings: code and libraries.

TFX's cache key holds a dotted `run_fn` or `preprocessing_fn` only as a string, and no library
version at all. So each step gets, as one more execution property, a digest of the source files
that it runs (ours and the user's, followed through their imports) and of the libraries it uses:
those of `step_code`.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import os
import platform
import shutil
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.deployment.launch import BINARY
from tfx_pipeline.pipeline.step_code import STEPS

CODE_FINGERPRINT = "code_fingerprint"
"""Name of the execution property."""
PACKAGE_ROOT = Path(__file__).resolve().parents[2]


def step_fingerprint(config: PipelineConfig, node_id: str) -> str:
    """Digest code, libraries and programs that a step's result depends on: 16 hex digits."""
    step = STEPS[node_id]
    hooks = {"Transform": config.hooks.preprocessing_fn, "Trainer": config.hooks.run_fn}
    hook = hooks.get(node_id)
    own = [hook.rpartition(".")[0]] if hook else []
    files = source_files([*step.modules, *own], config.root)
    distributions = [*step.distributions, *(_distributions_of(files) if own else ())]
    if node_id == "ImportSchemaGen" and config.data.schema_file:
        files.append(config.path(config.data.schema_file))  # TFX's key holds only its name
    programs = [_server_on_path(config)] if node_id == "InfraCheck" else []
    return _digest(files, distributions, programs)


def code_fingerprint(config: PipelineConfig) -> str:
    """Digest all of this package's code, and what every step depends on."""
    package = sorted((PACKAGE_ROOT / "tfx_pipeline").rglob("*.py"))
    return _digest(package, (), [step_fingerprint(config, node_id) for node_id in STEPS])


def _distributions_of(files: Iterable[Path]) -> list[str]:
    """Name the distributions that the user's files import; `google` has too many to tell which."""
    theirs = [file for file in files if not file.is_relative_to(PACKAGE_ROOT / "tfx_pipeline")]
    known = metadata.packages_distributions()
    tops = {name.partition(".")[0] for file in theirs for name in _imports(file, file.parent)}
    foreign = sorted(tops - sys.stdlib_module_names - {"", "google", "tfx_pipeline"})
    return [name for top in foreign for name in sorted(set(known.get(top, [top])))]


def _server_on_path(config: PipelineConfig) -> str:
    """Describe the model server that InfraCheck would find; it is too large to be read."""
    wanted = config.push.infra_check.server
    binary = shutil.which(BINARY) if wanted in ("auto", "binary") else None
    if binary is None:
        return ""
    status = os.stat(binary)
    return f"{binary} {status.st_size} {status.st_mtime_ns}"


def _digest(
    files: Iterable[Path], distributions: Iterable[str], programs: Iterable[str] = ()
) -> str:
    digest = hashlib.sha256(platform.python_version().encode())
    for program in programs:
        digest.update(program.encode())
    for file in files:
        digest.update(hashlib.sha256(file.name.encode() + file.read_bytes()).digest())
    for distribution in distributions:
        digest.update(f"{distribution}=={_version(distribution)};".encode())
    return digest.hexdigest()[:16]


def source_files(modules: Iterable[str], root: Path) -> list[Path]:
    """List the files of the modules and of all they import, within the project and this package.

    Imports are followed without running them: those made by computed names are not seen.
    """
    found: set[Path] = set()
    waiting = list(modules)
    seen = set(waiting)
    while waiting:
        for file in _files_of(waiting.pop(), root):
            if file not in found:
                found.add(file)
                imported = set(_imports(file, root)) - seen
                waiting.extend(imported)
                seen |= imported
    return sorted(found)


def _files_of(module: str, root: Path) -> Iterator[Path]:
    """Give the module's own file and the `__init__.py` of each package around it."""
    parts = module.split(".")
    # Installed, this package lies among all libraries: reading those would take minutes.
    ours = [PACKAGE_ROOT] if parts[0] == "tfx_pipeline" else []
    for base in dict.fromkeys((root, *ours)):
        place = str(base)  # a `Path` for each of ten thousand names takes longer than the disk
        for part in parts:
            place = os.path.join(place, part)
            for file in (f"{place}.py", os.path.join(place, "__init__.py")):
                if os.path.isfile(file):
                    yield Path(file)


def _imports(file: Path, root: Path) -> Iterator[str]:
    for level, module, names in _import_statements(file.read_bytes(), str(file)):
        start = ".".join(filter(None, [_package_of(file, root, level), module]))
        if start:
            yield start
        yield from (f"{start}.{name}".lstrip(".") for name in names)


@functools.lru_cache(maxsize=4096)
def _import_statements(source: bytes, file: str) -> list[tuple[int, str, tuple[str, ...]]]:
    """List what the source imports: relative level, module, names; steps share most files."""
    found: list[tuple[int, str, tuple[str, ...]]] = []
    for node in _statements(ast.parse(source, file).body):
        if isinstance(node, ast.Import):
            found.extend((0, alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = tuple(alias.name for alias in node.names)
            found.append((node.level, node.module or "", names))
    return found


def _statements(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Give these statements and all within them; expressions, which import nothing, are skipped."""
    for node in nodes:
        yield node
        for block in ("body", "orelse", "finalbody", "handlers", "cases"):
            yield from _statements(getattr(node, block, ()))


def _package_of(file: Path, root: Path, level: int) -> str:
    """Name the package that a relative import of this level starts at; empty for none."""
    if level == 0 or level > len(file.parents):
        return ""
    folder = file.parents[level - 1]
    base = root if folder.is_relative_to(root) else PACKAGE_ROOT
    return ".".join(folder.relative_to(base).parts) if folder.is_relative_to(base) else ""


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "absent"
