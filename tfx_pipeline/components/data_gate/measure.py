"""All that the gate measures of the rows themselves: shifts and leaks, put into one verdict."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tfx_pipeline.components.data_gate.leak_findings import leak_findings, powers_of
from tfx_pipeline.components.data_gate.samples import Sample
from tfx_pipeline.components.data_gate.settings import CheckSettings
from tfx_pipeline.components.data_gate.shifts import findings_of, histograms_of, shifts
from tfx_pipeline.evaluation.data_verdict import DataVerdict, Finding
from tfx_pipeline.evaluation.distances.compare import too_few
from tfx_pipeline.ingestion.examples.splits import TRAIN


def measure(
    settings: CheckSettings,
    samples: Mapping[str, Sample],
    reference: DataVerdict | None,
    anomalies: list[Finding],
) -> DataVerdict:
    """Measure samples of the splits, and judge them.

    Args:
        settings: of the gate.
        samples: by split; `TRAIN` is one of them.
        reference: of the last run with other data that passed; none: there is none.
        anomalies: what breaks the schema.
    """
    train = samples[TRAIN]
    histograms = histograms_of(train)
    findings, notes = list(anomalies), []
    drift = []
    if reference is not None:
        drift = shifts("drift", settings, reference.histograms, train)
        against = f"against the last data that passed ({reference.rows[TRAIN].rows:,} rows)"
        findings += findings_of("drift", settings, drift, against)
        if why := too_few(reference.rows[TRAIN].effective, train.rows.effective):
            notes.append(f"drift was not measured: {why} (copies are counted once)")
    else:
        notes.append("drift was not measured: no other data of this pipeline have passed before")
    skew = {}
    for split, sample in samples.items():
        if split != TRAIN:
            skew[split] = shifts("skew", settings, histograms, sample)
            findings += findings_of("skew", settings, skew[split], f"{split} against {TRAIN}")
    powers = powers_of(settings, train)
    shared = {name: _shared(sample, train) for name, sample in samples.items() if name != TRAIN}
    totals = {name: (count, len(samples[name].all_hashes)) for name, count in shared.items()}
    findings += leak_findings(settings, train, powers, totals)
    return DataVerdict(
        settings.pipeline,
        sorted(findings, key=lambda finding: finding.severity != "error"),
        {name: sample.rows for name, sample in samples.items()},
        {} if reference is None else {"rows": reference.rows[TRAIN].rows},
        [each.to_json() for each in drift],
        {split: [each.to_json() for each in found] for split, found in skew.items()},
        powers,
        shared,
        notes,
        histograms,
    )


def _shared(sample: Sample, train: Sample) -> int:
    """Count rows of which the training split has a copy."""
    return int(np.isin(sample.all_hashes, train.all_hashes).sum())
