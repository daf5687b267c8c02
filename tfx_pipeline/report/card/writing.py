"""Make the model card of a run, and write it: `model_card.md`, `model_card.json`."""

from __future__ import annotations

import json
from pathlib import Path

from tfx_pipeline.report.card.annex_iv import ANNEX_IV
from tfx_pipeline.report.card.markdown import to_markdown
from tfx_pipeline.report.card.model_card import ModelCard
from tfx_pipeline.report.card.sections import card_sections
from tfx_pipeline.report.facts.run_facts import RunFacts
from tfx_pipeline.report.facts.values import plain
from tfx_pipeline.storage.local_files import write_atomically

CARD_FILE, CARD_FACTS_FILE = "model_card.md", "model_card.json"


def model_card(facts: RunFacts) -> ModelCard:
    """Make it of the facts of a run."""
    run = facts.run
    return ModelCard(
        run.model_name or run.pipeline,
        run.version,
        run.pipeline,
        run.run_id,
        run.status,
        card_sections(facts),
        ANNEX_IV,
    )


def write_card(facts: RunFacts, folder: Path) -> Path | None:
    """Write both files, each whole or as it was; None: the run trained no model."""
    if not any(step.id == "Trainer" and step.state in ("ran", "cached") for step in facts.steps):
        return None
    card = model_card(facts)
    text = json.dumps(plain(card), indent=1, allow_nan=False, ensure_ascii=False)
    write_atomically(folder / CARD_FACTS_FILE, text)
    write_atomically(folder / CARD_FILE, to_markdown(card))
    return folder / CARD_FILE
