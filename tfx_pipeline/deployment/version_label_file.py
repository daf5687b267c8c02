"""Version labels of a model, kept in the file that the server itself reads.

Terms:
    version label: a name for a version that callers use instead of its number, e.g. `stable`.
    version label file: `<model>.config` beside the model's folder, a `ModelServerConfig` in text
        form. Without version labels it asks for the newest version; with them, for a list (below).
    history: `<model>.labels.json`: for each version label the versions that it named, the present
        one last.

A server serves a labelled version only while its policy lists it, and refuses to move a version
label to a version that is not loaded. So the list is: what the version labels name, what each named
before (a rollback must not wait for a load), and the newest version (unlabelled requests get that
one). The list is rewritten by whoever moves a version label, starts a server, pushes a version
(`follow`), or takes one away (`leave`). It names only versions that are there: a version label
whose version is gone names the latest of its earlier ones again.
"""

from __future__ import annotations

import glob
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from tfx_pipeline.deployment.model_versions import versions_on_disk
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.storage.local_files import locked, write_atomically

_REMEMBERED = 20  # versions of a version label


class VersionLabelFile:
    """The version label file of one model, with its history.

    A server may call the folder of the versions otherwise than by its path: `served_from`. What
    names a version or has it loaded raises a ConfigError when it is not there, any more.
    """

    def __init__(self, base: Path, name: str, served_from: str | None = None) -> None:
        self.base = base.absolute()
        self.name = name
        self._served_from = served_from or str(self.base)
        self.path = self.base.parent / f"{name}.config"
        self.history_path = self.base.parent / f"{name}.labels.json"

    def version_labels(self) -> dict[str, int]:
        """Read which version each version label names.

        Raises:
            ServingError: the file cannot be read.
        """
        model = self._model_in(self._read())
        return dict(sorted(model.version_labels.items())) if model is not None else {}

    def history(self) -> dict[str, list[int]]:
        """Read which versions each version label has named, the present one last."""
        try:
            past = json.loads(self.history_path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            past = {}
        history = {}
        for version_label, version in self.version_labels().items():
            known = past.get(version_label) if isinstance(past, dict) else None
            named = [x for x in known if type(x) is int] if isinstance(known, list) else []
            # Someone may have edited the file.
            history[version_label] = named if named[-1:] == [version] else [*named, version]
        return history

    def follow(self) -> None:
        """Write the file for the versions on disk, new ones included.

        Labels stay, but for those whose version is gone; where there is no version at all, nothing
        is said about them (a volume that is away must not cost them).

        Raises:
            OSError: it cannot be written.
            ServingError: it cannot be read.
        """
        with locked(self.base.parent):
            self._write(self.history())

    def follow_if_used(self) -> bool:
        """Do what `follow` does where there is such a file; say whether there is."""
        if not self.path.is_file():
            return False
        self.follow()
        return True

    def leave(self, version: int) -> dict[str, int | None]:
        """Write the file as if a version were gone, where there is one.

        The caller holds the folder (`local_files.locked`), and removes the version next.

        Returns:
            What each version label that named the version names now; none: it is gone.
        """
        if not self.path.is_file():
            return {}
        before = self.version_labels()
        self._write(self.history(), gone=[version])
        after = self.version_labels()
        return {x: after.get(x) for x, named in before.items() if named == version}

    def load_too(self, version: int) -> None:
        """Ask the server to load one more version, so that a version label can be moved to it."""
        with locked(self.base.parent):
            self._check(version)
            self._write(self.history(), [version])

    def move(self, version_label: str, version: int) -> None:
        """Let a version label name a version."""
        with locked(self.base.parent):
            self._check(version)
            history = self.history()
            history[version_label] = [*history.get(version_label, []), version][-_REMEMBERED:]
            self._write(history)

    def move_back(self, version_label: str, version: int) -> None:
        """Let a version label name a version that it named before, and forget what came after."""
        with locked(self.base.parent):
            self._check(version)
            history = self.history()
            earlier = history.get(version_label, [])[:-1]
            while earlier and earlier[-1] != version:
                earlier.pop()
            history[version_label] = earlier or [version]
            self._write(history)

    def _check(self, version: int) -> None:
        there = versions_on_disk(self.base)
        if version not in there:
            allowed = ", ".join(map(str, there)) or "none is there"
            what = f"`{self.name}` has no such version, any more"
            problem = Problem(what, str(self.base), str(version), allowed)
            raise ConfigError([problem], "no such version")

    def _write(
        self,
        history: Mapping[str, Sequence[int]],
        more: Sequence[int] = (),
        gone: Collection[int] = (),
    ) -> None:
        from google.protobuf import text_format

        if there := versions_on_disk(self.base).keys():
            left = there - set(gone)
            history = {
                version_label: living
                for version_label, named in history.items()
                if (living := [version for version in named if version in left])
            }
        config = self._read()
        model = self._model_in(config)
        if model is None:
            model = config.model_config_list.config.add(name=self.name)
        model.base_path = self._served_from
        model.model_platform = "tensorflow"
        model.version_labels.clear()
        model.version_labels.update({x: named[-1] for x, named in history.items()})
        policy = model.model_version_policy
        if (history or more) and policy.WhichOneof(
            "policy_choice"
        ) != "all":  # that one fits any label
            del policy.specific.versions[:]
            policy.specific.versions.extend(_wanted(history, there - set(gone), more))
        elif policy.WhichOneof("policy_choice") == "specific":
            model.ClearField("model_version_policy")
        for file in (self.path, self.history_path):  # of processes that were killed: we are alone
            for leftover in file.parent.glob(f".{glob.escape(file.name)}.*"):
                leftover.unlink(missing_ok=True)
        text = text_format.MessageToString(config)
        note = "# Written by tfx-pipeline (promote, rollback, serve); read by the model server.\n"
        write_atomically(self.history_path, json.dumps(history, indent=1) + "\n")
        write_atomically(self.path, note + text)

    def _read(self) -> Any:
        from tensorflow_serving.config import model_server_config_pb2

        from tfx_pipeline.serving.config.protos import read_model_config

        if not self.path.is_file():
            return model_server_config_pb2.ModelServerConfig()
        return read_model_config(str(self.path))

    def _model_in(self, config: Any) -> Any:
        models = config.model_config_list.config
        return next((model for model in models if model.name == self.name), None)


def _wanted(
    history: Mapping[str, Sequence[int]], there: Collection[int], more: Sequence[int]
) -> list[int]:
    """List what the server is to load; see the module."""
    named = {named[-1] for named in history.values()}
    before = {named[-2] for named in history.values() if len(named) > 1} & set(there)
    return sorted({*named, *before, *sorted(there)[-1:], *more})
