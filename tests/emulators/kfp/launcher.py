"""What the launcher starts, and what a step's pod ends with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.emulators.kfp import numbers
from tests.emulators.kfp.compiler import Task
from tests.emulators.kfp.refusals import NotKnown, Refused


def launched(words: Sequence[str], task: Task, inputs: Mapping[str, Any]) -> list[str]:
    """Replace inputs, and nothing else, in the words that the driver gave.

    component/launcher_v2.go: addDefaultParams, getPlaceholders, executeV2. Every other
    placeholder stays. (2.17's compileCmdAndArgs leaves the first word as the driver gave it.)
    """
    if not words:
        raise Refused("launcher", "command and arguments are empty")
    declared = task.component.get("inputDefinitions", {}).get("parameters", {})
    defaults = {k: v["defaultValue"] for k, v in declared.items() if "defaultValue" in v}
    texts = {
        f"{{{{$.inputs.parameters['{name}']}}}}": numbers.by_launcher(value)
        for name, value in {**defaults, **inputs}.items()
    }
    return [_replaced(word, texts) for word in words]


def _replaced(word: str, texts: Mapping[str, str]) -> str:
    if "{{$}}" in word or "{{$.outputs" in word:
        raise NotKnown(word)  # ids that vary
    for placeholder, text in texts.items():
        word = word.replace(placeholder, text)
    return word


def pod_status(status: int) -> int:
    """Give the status of the pod: 1 whatever the command failed with.

    cmd/launcher-v2/main.go ends by glog.Exit, and so loses our 3 for a refusal.
    """
    return 1 if status else 0
