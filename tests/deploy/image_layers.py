"""Building the root file system of a Dockerfile without Docker: mmdebstrap, overlays and chroot.

It takes root. Each instruction that writes makes a layer, which is kept in the cache under a digest
of all that it depends on, as Docker does; only the base is made by mmdebstrap instead of pulled.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.deploy.dockerfile import (
    Stage,
    context_files,
    copied,
    exec_form,
    mounts,
    read_dockerfile,
    settings,
)
from tests.deploy.root_file_system import Image, run_in

# The base image of each kind, as mmdebstrap makes it.
_BASES = {"debian:trixie-slim": "trixie"}


@dataclass
class Builder:
    """Builds the stages of one Dockerfile, whose context is `context`.

    Attributes:
        secrets: files by the ids of secrets that the Dockerfile asks for; what is not here is not
            given, as Docker does.
    """

    dockerfile: Path
    context: Path
    cache: Path
    uv_cache: Path
    secrets: Mapping[str, Path]
    used: set[Path] = field(default_factory=set)

    def build(self) -> Image:
        """Build the last stage, and those that it needs; forget layers that nothing used."""
        self.cache.mkdir(parents=True, exist_ok=True)
        with (self.cache / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            stages = {stage.name: stage for stage in read_dockerfile(self.dockerfile)}
            image = self._stage(stages, [*stages][-1])
            for layer in self.cache.iterdir():
                if layer.is_dir() and layer not in self.used:
                    shutil.rmtree(layer)
            return image

    def _stage(self, stages: Mapping[str, Stage], name: str) -> Image:
        stage = stages[name]
        known = stage.base in stages
        image = self._stage(stages, stage.base) if known else self._base(stage.base)
        for word, rest in stage.steps:
            image = self._step(stages, image, word, rest)
        return image

    def _base(self, name: str) -> Image:
        digest = digest_of("base", _BASES[name])
        return Image((self._layer(digest, lambda folder: make_base(name, folder)),), digest)

    def _step(self, stages: Mapping[str, Stage], image: Image, word: str, rest: str) -> Image:
        digest = digest_of(image.digest, word, rest)
        if word == "RUN":
            targets, names, command = mounts(rest)

            def run(folder: Path) -> None:
                binds = {target: str(self.uv_cache) for target in targets}
                given = {name: str(self.secrets[name]) for name in names if name in self.secrets}
                binds |= {f"/run/secrets/{name}": file for name, file in given.items()}
                words = ["/bin/sh", "-c", command]
                run_in(image, words, writes=folder, mounts=binds, online=True)
                shutil.rmtree(folder / "run/secrets", ignore_errors=True)

            return _changed(image, digest=digest, layers=(*image.layers, self._layer(digest, run)))
        if word == "COPY":
            return self._copy(stages, image, digest, rest)
        if word == "ENV":
            return _changed(image, digest=digest, env={**image.env, **settings(rest)})
        if word == "WORKDIR":
            layer = self._layer(digest, lambda folder: Path(f"{folder}{rest}").mkdir(parents=True))
            return _changed(image, digest=digest, layers=(*image.layers, layer), workdir=rest)
        plain = {
            "ARG": {},
            "USER": {"user": rest},
            "ENTRYPOINT": {"entrypoint": tuple(exec_form(rest)) if word == "ENTRYPOINT" else ()},
            "CMD": {"command": tuple(exec_form(rest)) if word == "CMD" else ()},
        }
        return _changed(image, digest=digest, **plain[word])

    def _copy(self, stages: Mapping[str, Stage], image: Image, digest: str, rest: str) -> Image:
        stage, sources, target = copied(rest)
        if stage is not None:
            other = self._stage(stages, stage)
            digest = digest_of(digest, other.digest)
            (source,) = sources
            (holder,) = [x for x in other.layers if os.path.lexists(f"{x}{source}")]

            def link(folder: Path) -> None:
                place = Path(f"{folder}{target}")
                place.mkdir(parents=True)
                subprocess.run(["cp", "-al", f"{holder}{source}/.", str(place)], check=True)

            return _changed(image, digest=digest, layers=(*image.layers, self._layer(digest, link)))
        ignore = self.dockerfile.with_name(f"{self.dockerfile.name}.dockerignore")
        pairs = []
        for source in sources:
            whole_folder = (self.context / source).is_dir()
            for file in context_files(self.context, source, ignore):
                name = file.relative_to(self.context / source) if whole_folder else file.name
                pairs.append((file, f"{target.rstrip('/')}/{name}"))
        digest = digest_of(digest, *(f"{to}={content_of(file)}" for file, to in pairs))

        def copy(folder: Path) -> None:
            for file, to in pairs:
                place = Path(f"{folder}{to}")
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, place)

        return _changed(image, digest=digest, layers=(*image.layers, self._layer(digest, copy)))

    def _layer(self, digest: str, make: Callable[[Path], object]) -> Path:
        """Give the layer of this digest; it gets its name when it is complete."""
        layer = self.cache / digest[:16]
        self.used.add(layer)
        if not layer.is_dir():
            partial = self.cache / f"partial-{digest[:16]}"
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            partial.chmod(0o755)
            make(partial)
            partial.rename(layer)
        return layer


def make_base(name: str, folder: Path) -> None:
    """Make the root file system of a base image, by the name that the Dockerfile has."""
    command = ["mmdebstrap", "--quiet", "--variant=minbase", _BASES[name], str(folder)]
    subprocess.run([*command, *_mirror()], check=True)


def secrets_of_this_machine() -> dict[str, Path]:
    """Give the secret that the Dockerfile takes, the certificates that are trusted, if any are."""
    trusted = Path(os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"))
    return {"certificates": trusted} if trusted.is_file() else {}


def _mirror() -> list[str]:
    """Give the mirror of Debian that this machine takes, if it says one."""
    targets = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)"]
    done = subprocess.run(
        [*targets, "Created-By: Packages", "Origin: Debian"],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    return [line[0] for line in lines if "security" not in line[-1]][:1]


def _changed(image: Image, **changes: object) -> Image:
    return Image(**{**vars(image), **changes})  # type: ignore[arg-type]


def digest_of(*parts: str) -> str:
    """Return a digest of texts in their order."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def content_of(file: Path) -> str:
    """Return what a layer keeps of a file: whether it may be executed, a digest of its bytes."""
    mode = "x" if os.access(file, os.X_OK) else "-"
    return mode + hashlib.sha256(file.read_bytes()).hexdigest()
