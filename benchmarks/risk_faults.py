"""Which risk check finds which of twelve seeded faults: on made tables, by models of scikit-learn.

    .venv/bin/python benchmarks/risk_faults.py --processes 2 > benchmarks/risk_faults.md

A fault must be found by its own check in 95 % of the seeds at least, and by another one in 5 % at
most; an honest model, linear or of trees, passes all. Settings are the defaults, but for those that
are the user's to say: the group by which fairness is asked for, and one rule.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

HONEST = {"honest, linear": False, "honest, trees": True}
"""Cases without a fault, and whether their model is of trees."""
RULE = {"features": ["fare"], "effect": "never_lowers", "tolerance": 0.25}
"""A fitted model may bend by a little where there are few rows."""
_MOST_OTHERS, _LEAST_FOUND = 0.05, 0.95


def settings() -> dict[str, dict[str, Any]]:
    """Give the settings of all checks, by name."""
    from faulty_models.table import GROUP

    from tfx_pipeline.config.sections.risk.risk import RiskConfig

    said = {"fairness": {"columns": [GROUP]}, "rules": {"severity": "warn", "rules": [RULE]}}
    sections = RiskConfig.model_validate(said).model_dump(mode="json")
    return {name: value for name, value in sections.items() if isinstance(value, dict)}


def found_in(case: str, seed: int, checks: Sequence[str] = ()) -> dict[str, Any]:
    """Make the checks (all, if none are named) of one case.

    Returns:
        `case`, `seed`, and by check: `answer`, `summary` and `seconds`.
    """
    from faulty_models.faults import FAULTS, honest

    from tfx_pipeline.evaluation.risk.assess import assess

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        subject = honest(seed, trees=HONEST[case]) if case in HONEST else FAULTS[case].subject(seed)
        wanted: Any = {n: x for n, x in settings().items() if not checks or n in checks}
        verdict = assess(subject, case, wanted)
    return {
        "case": case,
        "seed": seed,
        "checks": {
            x.check: {"answer": x.answer, "summary": x.summary, "seconds": x.seconds}
            for x in verdict.checks
        },
    }


def _job(arguments: tuple[str, int, Sequence[str]]) -> dict[str, Any]:
    return found_in(*arguments)


def measure(
    cases: Sequence[str], seeds: Sequence[int], checks: Sequence[str], processes: int
) -> Iterator[dict[str, Any]]:
    """Give what was found in each case and seed, in their order."""
    jobs = [(case, seed, checks) for case in cases for seed in seeds]
    if processes == 1:
        yield from map(_job, jobs)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(_job, jobs)


def table(results: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Write how often each check found something in each case, as Markdown."""
    from faulty_models.faults import FAULTS

    from tfx_pipeline.evaluation.risk.findings import CHECKS

    checks = [name for name in CHECKS if any(name in x["checks"] for x in results)]
    yield f"| case | found by | {' | '.join(checks)} |"
    yield "|---" * (len(checks) + 2) + "|"
    for case in dict.fromkeys(x["case"] for x in results):
        rows = [x for x in results if x["case"] == case]
        due = FAULTS[case].found_by if case in FAULTS else ""
        cells = []
        for check in checks:
            share = sum(is_found(x, check) for x in rows) / len(rows)
            good = share >= _LEAST_FOUND if check == due else share <= _MOST_OTHERS
            cells.append(f"{share:.0%}" + ("" if good else " ✗"))
        yield f"| {case} | {due or '–'} | {' | '.join(cells)} |"


def is_found(result: Mapping[str, Any], check: str) -> bool:
    """Say whether a check found something; one that could not be made counts as well."""
    return result["checks"].get(check, {}).get("answer") in ("warned", "refused")


def main() -> None:
    """Measure, and print the table; each result goes to stderr as it comes."""
    from faulty_models.faults import FAULTS

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--cases", nargs="+", default=[*HONEST, *FAULTS])
    parser.add_argument("--checks", nargs="+", default=[], help="default: all")
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    began, results = time.monotonic(), []
    for result in measure(options.cases, seeds, options.checks, options.processes):
        results.append(result)
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps(result), file=sys.stderr, flush=True)
    print("\n".join(table(results)))
    print(f"\n{len(seeds)} seeds a case, {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
