"""Which points of the EU AI Act's Annex IV a card has facts for, and what people must still write.

Source: Regulation (EU) 2024/1689, Annex IV, "Technical documentation referred to in Article 11(1)".
It is a map: whether a system falls under it, and whether its documentation suffices, is for people
who know the law and the system.
"""

from __future__ import annotations

from tfx_pipeline.report.card.model_card import AnnexPoint

ANNEX_IV: tuple[AnnexPoint, ...] = (
    AnnexPoint(
        "1",
        "General description: purpose, provider, version, how it meets hardware and software",
        ("Model details", "Intended use"),
        ("report.html: Environment and configuration", "docs of the server: README.md"),
        "the provider, the product that it is part of, instructions for use",
    ),
    AnnexPoint(
        "2(a)-(c)",
        "How it was developed: methods, third-party tools, design choices, what it optimises",
        ("Model details", "Metrics"),
        ("the resolved configuration and the libraries in report.json",),
        "why these choices were made, and which others were weighed",
    ),
    AnnexPoint(
        "2(d)",
        "Data: provenance, scope, characteristics, selection, labelling, cleaning",
        ("Training data", "Evaluation data"),
        ("the README of the table's folder", "the data gate's findings in report.html"),
        "how the rows were obtained and selected, and how labels were made",
    ),
    AnnexPoint("2(e)", "Human oversight (Article 14)", (), (), "all of it"),
    AnnexPoint(
        "2(f)",
        "Changes that were determined beforehand, and continuous meeting of requirements",
        (),
        ("the configuration's thresholds and risk checks, by which each new model is judged",),
        "the plan of changes",
    ),
    AnnexPoint(
        "2(g)",
        "Validation and testing: data, metrics, potentially discriminatory impacts, test logs",
        ("Factors", "Metrics", "Evaluation data", "Quantitative analyses"),
        ("run.log and report.json of the run, which are dated",),
        "who is responsible, with a signature",
    ),
    AnnexPoint(
        "2(h)",
        "Cybersecurity measures",
        ("Ethical considerations",),
        ("the checks `attack`, `membership` and `extraction` in report.html",),
        "measures around the model: access, limits of requests, logging",
    ),
    AnnexPoint(
        "3",
        "Monitoring, functioning and control: capabilities, limits, accuracy for groups, risks",
        ("Quantitative analyses", "Caveats and recommendations", "Ethical considerations"),
        (),
        "foreseeable unintended outcomes, and the oversight that they need",
    ),
    AnnexPoint(
        "4",
        "Whether the performance metrics are appropriate",
        ("Metrics",),
        ("docs/evaluation.md: definitions",),
        "why these metrics fit the purpose",
    ),
    AnnexPoint(
        "5",
        "Risk management system (Article 9)",
        ("Ethical considerations",),
        ("model_risk.json: what was examined and who accepted what", "docs/risk.md"),
        "the system as a whole: risks of use, measures, their review",
    ),
    AnnexPoint(
        "6",
        "Relevant changes through the lifecycle",
        ("Model details",),
        ("`tfx-pipeline compare` of two runs; the runs' reports",),
        "",
    ),
    AnnexPoint("7", "Standards that were applied", (), (), "all of it"),
    AnnexPoint("8", "The EU declaration of conformity", (), (), "all of it"),
    AnnexPoint("9", "The plan of monitoring after it is on the market", (), (), "all of it"),
)
