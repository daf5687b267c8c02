"""The user's own functions, found without being imported."""

from __future__ import annotations

import ast
from pathlib import Path

from tfx_pipeline.errors import Problem
from tfx_pipeline.wording import nearest


def function_problem(root: Path, dotted: str, what: str, place: str | None) -> Problem | None:
    """Say why there is no such function under the project's root; None: there is."""
    module, _, function = dotted.rpartition(".")
    file = module_file(root, module)
    if file is None:
        where = f"{module.replace('.', '/')}.py under {root}"
        return Problem(f"{what}: no module `{module}`", place, dotted, where)
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
    except SyntaxError as error:
        return Problem(f"not valid Python: {error.msg}", f"{file}:{error.lineno}")
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    if function in functions:
        return None
    return Problem(
        f"{what}: `{file.name}` defines no function `{function}`",
        place,
        allowed=", ".join(functions) or None,
        next_step=nearest(function, functions),
    )


def module_file(root: Path, module: str) -> Path | None:
    """Find the file of a module under the project's root, without importing it."""
    base = root.joinpath(*module.split("."))
    for file in (base.with_suffix(".py"), base / "__init__.py"):
        if file.is_file():
            return file
    return None
