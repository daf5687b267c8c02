"""Reading a Dockerfile, and what the shipped one lets in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.deploy.dockerfile import (
    context_files,
    copied,
    mounts,
    read_dockerfile,
    settings,
)
from tests.e2e.project import REPOSITORY

_FILE = REPOSITORY / "deploy/image/Dockerfile"
_IGNORE = REPOSITORY / "deploy/image/Dockerfile.dockerignore"


def test_read_dockerfile_joins_lines_and_fills_in_arguments(tmp_path: Path) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text("ARG BASE=a:1\nFROM ${BASE} AS x\nRUN one \\\n # why\n&& two\nFROM x\nUSER 1\n")
    first, last = read_dockerfile(file)
    assert (first.name, first.base, first.steps) == ("x", "a:1", [("RUN", "one && two")])
    assert (last.name, last.base, last.steps) == ("1", "x", [("USER", "1")])


@pytest.mark.parametrize("line", ["ADD x /x", "HEALTHCHECK NONE", "VOLUME /x"])
def test_read_dockerfile_refuses_what_it_does_not_know(tmp_path: Path, line: str) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text(f"FROM a\n{line}\n")
    with pytest.raises(ValueError, match=f"not known here: {line}"):
        read_dockerfile(file)


def test_instructions_are_taken_apart() -> None:
    cached, secret = "--mount=type=cache,target=/c", "--mount=type=secret,id=x,mode=0444"
    assert mounts(f"{cached} {secret} a --b") == (["/c"], ["x"], "a --b")
    assert copied("--from=build /a /b") == ("build", ["/a"], "/b")
    assert copied("a b /c/") == (None, ["a", "b"], "/c/")
    assert settings('A=1 B="x y"') == {"A": "1", "B": "x y"}
    with pytest.raises(ValueError, match="--mount=type=bind"):
        mounts("--mount=type=bind,source=x a")
    with pytest.raises(ValueError, match="--chown"):
        copied("--chown=1:1 a /b")


def test_context_has_no_more_than_the_package(tmp_path: Path) -> None:
    for name in ("tfx_pipeline/a.py", "tfx_pipeline/__pycache__/a.pyc", "data/x.csv", ".env"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert context_files(tmp_path, "tfx_pipeline", _IGNORE) == [tmp_path / "tfx_pipeline/a.py"]
    for ignored in ("data", ".env", "no-such-file"):
        with pytest.raises(ValueError, match=ignored):
            context_files(tmp_path, ignored, _IGNORE)


def test_shipped_dockerfile_copies_only_what_is_there_and_not_ignored() -> None:
    stages = read_dockerfile(_FILE)
    for stage in stages:
        for word, rest in stage.steps:
            source_stage, sources, _ = copied(rest) if word == "COPY" else ("-", [], "")
            if source_stage is None:
                assert [context_files(REPOSITORY, source, _IGNORE) for source in sources]
    last = dict(stages[-1].steps)
    assert (last["USER"], last["ENTRYPOINT"]) == ("10001:10001", '["tfx-pipeline"]')


def test_shipped_dockerfile_installs_nothing_without_a_hash() -> None:
    commands = [
        rest for stage in read_dockerfile(_FILE) for word, rest in stage.steps if word == "RUN"
    ]
    for command in commands:
        for part in command.split("&&"):
            if "pip install" in part or "pip sync" in part:
                assert "--require-hashes" in part or {"--no-deps", "--no-index"} <= {*part.split()}


def test_shipped_dockerfile_lets_all_that_goes_online_trust_the_certificates_that_are_given() -> (
    None
):
    goes_online = re.compile(r"apt-get update|pip install (?!.*--no-index)|pip sync")
    trusts = "then export SSL_CERT_FILE=/run/secrets/certificates; fi && "
    asked = []
    for stage in read_dockerfile(_FILE):
        for rest in (rest for word, rest in stage.steps if word == "RUN"):
            _, secrets, command = mounts(rest)
            if goes_online.search(command):
                asked.append((stage.name, secrets))
                assert command.startswith(f"if [ -e /run/secrets/certificates ]; {trusts}")
    assert asked == [(x, ["certificates"]) for x in ("python", "tools", "tools", "dependencies")]


def test_image_lock_has_the_versions_of_the_current_stack_with_hashes() -> None:
    image, current = (
        (REPOSITORY / f"requirements/{name}.txt").read_text(encoding="utf-8")
        for name in ("image", "current")
    )
    pinned = re.findall(r"^([\w.-]+(?:\[[\w,]+\])?==[^ ;\\]+)", image, re.MULTILINE)
    assert len(pinned) > 200
    assert [each for each in pinned if not re.search(rf"^{re.escape(each)}\b", current, re.M)] == []
    for lock in (image, (REPOSITORY / "requirements/uv.txt").read_text(encoding="utf-8")):
        packages = re.split(r"^(?=\w)", lock, flags=re.MULTILINE)[1:]
        assert all("--hash=sha256:" in package for package in packages)
        assert "://" not in lock
