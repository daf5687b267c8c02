"""`make setup`: which stack, which Python, what is done again, and what it says when it cannot."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import environment
import installer
import pytest
import pythons
import setup_env
from environment import Environment
from installer import SetupError
from pythons import Python

DEBIAN_12 = setup_env.VERSIONS["Platform"]("Linux", "x86_64", (2, 36))
FACTS = {
    "version": [3, 10, 13],
    "implementation": "CPython",
    "machine": "x86_64",
    "bits": 64,
    "gil": True,
    "missing": [],
}


def write_program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def write_python(path: Path, **facts: Any) -> Path:
    """A stand-in that answers the probe with `facts`, and says its version."""
    return write_program(path, f"echo '{json.dumps({**FACTS, **facts})}'")


@pytest.fixture
def no_python(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without Python; returns a folder on its PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")
    monkeypatch.setattr(pythons, "PLACES", ())
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    return folder


@pytest.fixture
def checkout(tmp_path: Path, repository: Path) -> Path:
    """A checkout with all that set-up reads."""
    root = tmp_path / "checkout"
    (root / "tfx_pipeline").mkdir(parents=True)
    shutil.copy(repository / "tfx_pipeline/versions.py", root / "tfx_pipeline")
    shutil.copy(repository / "setup.py", root)
    shutil.copytree(repository / "requirements", root / "requirements")
    return root


@pytest.fixture
def uv(tmp_path: Path) -> Path:
    """A stand-in for uv that logs its words and makes the environment's Python."""
    return write_program(
        tmp_path / "tools/uv",
        f'echo "$*" >> {tmp_path}/uv.log\n'
        'if [ "$1" = --quiet ]; then shift; fi\n'
        'if [ "$1" = --version ]; then echo "uv 9.9.9"; fi\n'
        'if [ "$1" = venv ]; then for folder; do :; done; mkdir -p "$folder/bin"\n'
        '  printf "#!/bin/sh\\necho Python 3.10.13\\n" > "$folder/bin/python"\n'
        '  chmod +x "$folder/bin/python"\n'
        "fi",
    )


@pytest.fixture
def machine(checkout: Path, uv: Path, no_python: Path) -> Path:
    """A machine with uv and a Python 3.10, and a checkout: all that `make setup` takes."""
    write_python(no_python / "python3.10")
    for tool in (uv, Path("/bin/mkdir"), Path("/bin/chmod")):
        (no_python / tool.name).symlink_to(tool)
    return checkout


# Which stack


@pytest.mark.parametrize(
    ("system", "machine", "glibc", "stacks"),
    [
        ("Linux", "x86_64", (2, 41), ["current", "portable"]),
        ("Linux", "x86_64", (2, 39), ["current", "portable"]),
        ("Linux", "x86_64", (2, 36), ["portable"]),
        ("Linux", "x86_64", (2, 17), ["portable"]),
        ("Linux", "x86_64", (2, 12), []),
        ("Linux", "x86_64", None, []),
        ("Linux", "aarch64", (2, 41), []),
        ("Darwin", "arm64", None, ["current"]),
        ("Darwin", "x86_64", None, []),
        ("Windows", "AMD64", None, []),
    ],
)
def test_fitting_on_a_platform_gives_its_stacks_best_first(
    system: str, machine: str, glibc: tuple[int, int] | None, stacks: list[str]
) -> None:
    where = setup_env.VERSIONS["Platform"](system, machine, glibc)
    assert [stack.name for stack in setup_env.VERSIONS["fitting"](where)] == stacks
    assert (setup_env.VERSIONS["refusal"](where) is None) == bool(stacks)


@pytest.mark.parametrize(
    ("machine", "glibc", "says"),
    [
        ("x86_64", None, "Linux x86_64, no glibc: TFX needs glibc 2.17 or newer; Alpine"),
        ("aarch64", (2, 41), "Linux aarch64, glibc 2.41: TFX is published for Linux on x86-64"),
    ],
)
def test_set_up_on_a_platform_without_stack_says_what_to_use(
    machine: str, glibc: tuple[int, int] | None, says: str, checkout: Path
) -> None:
    where = setup_env.VERSIONS["Platform"]("Linux", machine, glibc)
    with pytest.raises(SetupError) as caught:
        setup_env.set_up(checkout, where)
    assert str(caught.value).startswith(says)
    assert "\nNext: use such a machine, or a container" in str(caught.value)


# Which Python


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"version": [3, 9, 1]}, "is Python 3.9.1"),
        ({"implementation": "PyPy"}, "is PyPy, not CPython"),
        ({"bits": 32}, "is built for 32-bit x86_64"),
        ({"machine": "aarch64"}, "is built for 64-bit aarch64"),
        ({"gil": False}, "is a free-threaded build, for which TensorFlow has no packages"),
        ({"missing": ["lzma", "ssl"]}, "was built without lzma, ssl"),
    ],
)
def test_check_of_an_unfit_python_gives_the_reason(
    facts: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    path = write_python(tmp_path / "python", **facts)
    assert pythons.check(str(path), [(3, 10)], "x86_64") == (None, reason)


def test_check_of_this_python_accepts_it() -> None:
    version = tuple(sys.version_info[:3])
    machine = os.uname().machine
    found = pythons.check(sys.executable, [version[:2]], machine)
    assert found == (Python(sys.executable, version), "")


def test_find_passes_over_a_broken_shim(no_python: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim = write_program(no_python / "python3.10", "echo 'pyenv: command not found' >&2; exit 127")
    real = write_python(no_python.parent / "other/python3.10")
    monkeypatch.setenv("PATH", f"{no_python}:{real.parent}")
    search = pythons.find([(3, 10)], "x86_64", avoid="/nowhere")
    assert search.python == Python(str(real), (3, 10, 13))
    assert search.refused == {str(shim): "does not run (pyenv: command not found)"}


def test_find_takes_the_best_version_wherever_it_is(no_python: Path) -> None:
    write_python(no_python / "python3.11", version=[3, 11, 4])
    best = write_python(no_python / "python3", version=[3, 13, 1])
    search = pythons.find([(3, 13), (3, 11)], "x86_64", avoid="/nowhere")
    assert search.python == Python(str(best), (3, 13, 1))


def test_find_does_not_take_the_python_of_the_environment(no_python: Path) -> None:
    write_python(no_python / "python3.10")
    assert pythons.find([(3, 10)], "x86_64", avoid=str(no_python)).python is None


def test_set_up_without_fitting_python_says_all_in_one_message(
    machine: Path, no_python: Path
) -> None:
    write_python(no_python / "python3.10", version=[3, 9, 18])
    with pytest.raises(SetupError) as caught:
        setup_env.set_up(machine, DEBIAN_12)
    assert str(caught.value).splitlines() == [
        "no Python that fits Linux x86_64, glibc 2.36 was found.",
        "  looked for  Python 3.10 (portable stack, TFX 1.16.0)",
        f"  looked in   {pythons.PLACES_IN_WORDS}",
        f"  refused     {no_python}/python3.10 is Python 3.9.18",
        "  get one     your system's package, pyenv install 3.10, or uv python install 3.10",
        "  next        make setup, or make setup PYTHON=/path/to/python3.10",
    ]
    assert not (machine / ".venv").exists()


def test_set_up_with_an_unfit_chosen_python_names_what_fits(machine: Path, tmp_path: Path) -> None:
    old = write_python(tmp_path / "old/python", version=[3, 8, 2])
    with pytest.raises(SetupError, match=r"is Python 3\.8\.2; Linux .* takes Python 3\.10\."):
        setup_env.set_up(machine, DEBIAN_12, str(old))


def test_set_up_with_a_chosen_python_uses_it(machine: Path, tmp_path: Path) -> None:
    chosen = write_python(tmp_path / "chosen/python")
    setup_env.set_up(machine, DEBIAN_12, str(chosen))
    state = Environment(machine, str(DEBIAN_12)).state()
    assert state is not None
    assert state.interpreter == str(chosen)


# What is done, and done again


def log_of(machine: Path) -> list[str]:
    """The words that uv got, but for its version."""
    lines = (machine.parent / "uv.log").read_text().splitlines()
    return [line.removeprefix("--quiet ") for line in lines if "--version" not in line]


def test_set_up_installs_the_lock_compiled_and_hashed_then_the_package(machine: Path) -> None:
    setup_env.set_up(machine, DEBIAN_12)
    venv, sync, own = log_of(machine)
    assert venv.startswith("venv --allow-existing --python ")
    assert sync.startswith(f"pip sync --python {machine}/.venv/bin/python --compile-bytecode")
    assert sync.endswith(
        f"--require-hashes --build-constraint {machine}/requirements/portable.txt"
        f" {machine}/requirements/portable.txt"
    )
    assert "--no-deps" in own
    assert own.endswith(f"--editable {machine}")


def test_set_up_again_does_nothing(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    setup_env.set_up(machine, DEBIAN_12)
    before = log_of(machine)
    capsys.readouterr()
    setup_env.set_up(machine, DEBIAN_12)
    assert log_of(machine) == before
    said = capsys.readouterr().out
    assert said == "setup: .venv is up to date (portable stack, Python 3.10.13)\n"


def test_set_up_after_a_changed_lock_keeps_the_environment(machine: Path) -> None:
    setup_env.set_up(machine, DEBIAN_12)
    with (machine / "requirements/portable.txt").open("a") as lock:
        lock.write("# changed\n")
    setup_env.set_up(machine, DEBIAN_12)
    assert [line.split()[0] for line in log_of(machine)] == ["venv", "pip", "pip", "pip", "pip"]


def test_set_up_after_an_interruption_starts_afresh(machine: Path, uv: Path) -> None:
    working = uv.read_text()
    write_program(uv, f'{working}\nif [ "$2" = sync ] || [ "$3" = sync ]; then exit 1; fi')
    with pytest.raises(SetupError, match=r"^installing requirements/portable\.txt failed"):
        setup_env.set_up(machine, DEBIAN_12)
    half_made = machine / ".venv/lib/half-made"
    half_made.mkdir(parents=True)
    assert Environment(machine, str(DEBIAN_12)).state() is None

    uv.write_text(working)
    setup_env.set_up(machine, DEBIAN_12)
    assert not half_made.exists()
    assert Environment(machine, str(DEBIAN_12)).state() is not None


def test_set_up_leaves_the_environment_of_somebody_else(machine: Path) -> None:
    theirs = machine / ".venv/pyvenv.cfg"
    theirs.parent.mkdir()
    theirs.write_text("home = elsewhere")
    with pytest.raises(SetupError, match="was not made by `make setup`"):
        setup_env.set_up(machine, DEBIAN_12)
    assert theirs.read_text() == "home = elsewhere"


def test_fault_of_an_environment_made_elsewhere_names_the_place(machine: Path) -> None:
    setup_env.set_up(machine, DEBIAN_12)
    state = Environment(machine, str(DEBIAN_12)).state()
    moved = Environment(machine, "Linux x86_64, glibc 2.41")
    assert moved.fault(state, "") == f"it was made for {machine} on Linux x86_64, glibc 2.36"


def test_fault_of_an_environment_whose_python_is_gone_says_so(machine: Path) -> None:
    setup_env.set_up(machine, DEBIAN_12)
    made = Environment(machine, str(DEBIAN_12))
    (machine / ".venv/bin/python").unlink()
    assert made.fault(made.state(), "") == "its Python does not run (No such file or directory)"


def test_set_up_with_too_little_disk_says_how_much(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(machine)._replace(free=2**30)
    monkeypatch.setattr(environment.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(SetupError, match=r"has 1\.0 GiB free; the packages take about 4\."):
        setup_env.set_up(machine, DEBIAN_12)


def test_alone_waits_for_another_set_up(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    program = "import environment, pathlib\nwith environment.alone(pathlib.Path.cwd()): pass"
    scripts = str(Path(environment.__file__).parent)
    with environment.alone(tmp_path):
        other = subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": scripts},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert other.stdout is not None
        said = other.stdout.readline()
        assert said == "setup: another set-up is running here: waiting for it\n"
        assert other.poll() is None
    assert other.wait(timeout=30) == 0


# uv


def test_find_or_bring_with_a_broken_uv_installs_one(tmp_path: Path, no_python: Path) -> None:
    write_program(no_python / "uv", "exit 127")
    tools = tmp_path / ".venv-tools"
    python = write_program(
        tmp_path / "python",
        'PATH=/usr/bin:/bin; mkdir -p "$3/bin"\n'
        'printf \'#!/bin/sh\\nprintf "#!/bin/sh\\\\necho uv 0.9.0\\\\n" > "${0%%python}uv";'
        ' PATH=/bin chmod +x "${0%%python}uv"\\n\' > "$3/bin/python"; chmod +x "$3/bin/python"',
    )
    assert installer.find_or_bring(tools, str(python)) == str(tools / "bin/uv")


def test_find_or_bring_without_pip_says_what_to_install(tmp_path: Path, no_python: Path) -> None:
    python = write_program(tmp_path / "python", "exit 1")
    with pytest.raises(SetupError, match="python3-venv"):
        installer.find_or_bring(tmp_path / ".venv-tools", str(python))


@pytest.mark.parametrize(
    ("version", "works"), [("0.4.30", False), ("0.5.0", True), ("1.0.0", True)]
)
def test_find_or_bring_takes_a_uv_that_is_new_enough(
    version: str, works: bool, tmp_path: Path, no_python: Path
) -> None:
    uv = write_program(no_python / "uv", f"echo 'uv {version}'")
    python = write_program(tmp_path / "python", "exit 1")
    if works:
        assert installer.find_or_bring(tmp_path / "tools", str(python)) == str(uv)
    else:
        with pytest.raises(SetupError):
            installer.find_or_bring(tmp_path / "tools", str(python))


def test_environment_of_uv_takes_pips_settings_unless_it_has_its_own() -> None:
    pip = {"PIP_INDEX_URL": "one", "PIP_CERT": "/a.crt", "PIP_FIND_LINKS": "/wheels"}
    assert installer.environment(pip) == {
        **pip,
        "UV_DEFAULT_INDEX": "one",
        "SSL_CERT_FILE": "/a.crt",
    }
    own = {"PIP_INDEX_URL": "one", "UV_DEFAULT_INDEX": "two"}
    assert installer.environment(own) == own


# The command


def test_main_with_an_error_prints_it_and_ends_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "/checkout/.venv")

    monkeypatch.setattr(setup_env, "set_up", fail)
    assert setup_env.main([]) == 2
    assert capsys.readouterr().err == "setup: /checkout/.venv: Permission denied\n"


@pytest.mark.parametrize(
    "file",
    [
        "run_local.py",
        "scripts/environment.py",
        "scripts/installer.py",
        "scripts/pythons.py",
        "scripts/setup_env.py",
        "tfx_pipeline/versions.py",
    ],
)
def test_what_an_old_python_must_read_has_its_syntax(file: str, repository: Path) -> None:
    source = (repository / file).read_text()
    ast.parse(source, feature_version=(3, 6))
    assert "from __future__ import annotations" not in source  # Python 3.7
