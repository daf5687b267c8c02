"""Whatever pushes, withdraws, moves labels and dies at once: what a server sees is whole."""

from __future__ import annotations

import random
import shutil
import tempfile
import types
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.deployment.conftest import listed_versions
from tests.interleaving import Interleaving
from tfx_pipeline.deployment import asides, model_versions
from tfx_pipeline.deployment.model_versions import versions_on_disk
from tfx_pipeline.deployment.publishing import publish, withdraw
from tfx_pipeline.deployment.pushed_formats import formats_folder
from tfx_pipeline.deployment.version_label_file import VersionLabelFile
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.serving.versions.source import parse_version

FILES = ("saved_model.pb", "variables/variables.index", "assets/words")
FORMATS = ("model.onnx", "parity.json")
ODD = ("99.bak", "latest", "99 copy", "-x", "١٢", "9" * 30, ".7.incomplete.old")

MODELS = 6
KINDS = ("push", "push", "promote", "withdraw", "rollback", "follow")
operations = st.tuples(st.sampled_from(KINDS), st.integers(0, MODELS - 1))


def holds(version: Path) -> str:
    """The one model that all files of a version are of."""
    (content,) = {(version / name).read_text() for name in FILES}
    return content


def formats_beside(base: Path, version: int) -> set[str]:
    """What the formats of a version are of: none, or one model."""
    folder = formats_folder(base, version)
    if not folder.exists():
        return set()
    return {(folder / name).read_text() for name in FORMATS}


class Publishing(RuleBasedStateMachine):
    """One folder of versions, and many processes."""

    @initialize(odd=st.sets(st.sampled_from(ODD)))
    def make(self, odd: set[str]) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="publishing-"))
        self.base = self.root / "served/taxi"
        for name in odd:
            (self.base / name).mkdir(parents=True)
        self.odd = odd
        self.pushed: dict[int, str] = {}
        self.is_cut_off = False
        self.before = asides.time
        model_versions.time = asides.time = types.SimpleNamespace(
            time=lambda: 1000.0
        )  # all within one second
        for number in range(MODELS):
            for name in FILES:
                file = self.root / f"models/{number}" / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(f"model {number}")
            if number % 2:
                for name in FORMATS:
                    file = self.root / f"formats/{number}" / name
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_text(f"model {number}")

    def teardown(self) -> None:
        if hasattr(self, "root"):
            model_versions.time = asides.time = self.before
            shutil.rmtree(self.root)

    @rule(each=operations)
    def alone(self, each: tuple[str, int]) -> None:
        """One operation, which ends well."""
        Interleaving([self._operation(*each)]).run(self.look)
        self._look_at_rest()

    @rule(each=operations, dies_at=st.integers(0, 25))
    def killed(self, each: tuple[str, int], dies_at: int) -> None:
        """One operation, which dies."""
        Interleaving([self._operation(*each)], deaths=[dies_at]).run(self.look)
        self.is_cut_off = True

    @rule(
        several=st.lists(operations, min_size=2, max_size=3),
        order=st.integers(0, 2**32),
        deaths=st.lists(st.just(None) | st.integers(0, 25), max_size=3),
    )
    def together(
        self, several: list[tuple[str, int]], order: int, deaths: list[int | None]
    ) -> None:
        """Several operations in any order of their steps, of which some die."""
        choices = random.Random(order).choices(range(3), k=120)
        run = Interleaving([self._operation(*each) for each in several], choices, deaths)
        run.run(self.look)
        self.is_cut_off |= run.died
        if not run.died:
            self._look_at_rest()

    @rule(number=st.integers(0, 3))
    def removed_by_hand(self, number: int) -> None:
        """Someone removes a folder; the next who looks at the labels mends them."""
        if there := list(versions_on_disk(self.base).values()):
            gone = there[number % len(there)]
            shutil.rmtree(gone)
            there.remove(gone)  # with it, the knowledge goes of the numbers below
            self.pushed = {int(x.name): self.pushed[int(x.name)] for x in there}
            VersionLabelFile(self.base, "taxi").follow_if_used()
            self.look()

    def _operation(self, kind: str, number: int) -> Callable[[], object]:
        file = VersionLabelFile(self.base, "taxi")
        label = ("stable", "canary")[number % 2]

        def do() -> None:
            there = list(versions_on_disk(self.base).values())
            if kind == "push":
                formats = self.root / f"formats/{number}"
                model = self.root / f"models/{number}"
                publish(model, self.base, formats if number % 2 else None)
                file.follow_if_used()
            elif kind == "withdraw" and there:
                withdraw(there[number % len(there)], file)
            elif kind == "promote" and there:
                file.move(label, int(there[number % len(there)].name))
            elif kind == "rollback" and (named := file.history().get(label, [])[:-1]):
                file.move_back(label, named[number % len(named)])
            elif kind == "follow" and there:
                file.follow()

        def forgiving() -> None:
            try:
                do()
            except ConfigError as error:  # gone meanwhile
                assert error.title == "no such version"  # noqa: PT017

        return forgiving

    def look(self) -> None:
        """See what a server may see at any moment."""
        found = (
            [x for x in self.base.iterdir() if parse_version(x.name)] if self.base.is_dir() else []
        )
        contents = {int(x.name): holds(x) for x in found}
        for number, content in contents.items():
            assert self.pushed.setdefault(number, content) == content, "a number was given twice"
            assert formats_beside(self.base, number) == (
                {content} if content[-1] in "135" else set()
            )
        labels = VersionLabelFile(self.base, "taxi").version_labels()
        assert set(labels.values()) <= contents.keys() or not contents

    def _look_at_rest(self) -> None:
        """See that unlabelled requests get the newest version, and that nothing is left."""
        numbers = set(versions_on_disk(self.base))
        file = VersionLabelFile(self.base, "taxi")
        if self.is_cut_off:  # between a push and its look at the labels: the next one makes up
            file.follow_if_used()
            self.is_cut_off = False
        if loaded := listed_versions(file):
            assert set(loaded) <= numbers or not numbers
            assert max(loaded) == max(numbers, default=max(loaded))
        names = {x.name for x in self.base.iterdir()} if self.base.is_dir() else set()
        assert self.odd <= names


TestPublishing = Publishing.TestCase
TestPublishing.settings = settings(
    derandomize=True,
    max_examples=40,
    stateful_step_count=10,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes
)
