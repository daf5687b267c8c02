"""Random schemas, and random tables that break many of their rules."""

from __future__ import annotations

import random
from pathlib import Path

from tensorflow_metadata.proto.v0 import schema_pb2

from tests.schemas.conftest import schema_of

DOMAINS = (
    *("", "bool_domain {}", "int_domain { min: 0 max: 9 }", "float_domain { min: -1 max: 5.5 }"),
    *("float_domain { disallow_inf: true disallow_nan: true }", "int_domain {}"),
    *('string_domain { value: "a" value: "7" }', 'domain: "letters"', 'domain: "nowhere"'),
    *('domain: "letters" distribution_constraints { min_domain_mass: 0.6 }',),
    *('bool_domain { true_value: "a" false_value: "b" }', "int_domain { min: 8 }"),
    *("float_domain { max: 0.1 }", 'string_domain { value: "a" value: "b" value: "7" }'),
)
RULES = (
    *("presence { min_fraction: 1 }", "presence { min_count: 1 }", "presence { min_count: 15 }"),
    *(
        "presence { min_fraction: 0.7 min_count: 1 }",
        "value_count { max: 1 }",
        "value_count { min: 1 }",
    ),
    *("value_count { min: 2 }", "shape { dim { size: 1 } }", "shape { dim { size: 2 } }"),
    *("unique_constraints { min: 2 max: 3 }", "lifecycle_stage: DEPRECATED"),
    *("presence { min_fraction: 0 min_count: 0 }", "lifecycle_stage: BETA"),
    *('not_in_environment: "SERVING"', 'in_environment: "TRAINING"', "skew_comparator {}"),
)
SHARED = 'string_domain { name: "letters" value: "a" value: "b" }'
CELLS = {
    "whole": ["0", "1", "7", "9", "10", "-3", "1", "0"],
    "truth": ["0", "1"],
    "sign": ["-1", "0", "1", "1"],
    "fraction": ["0.1", "0.5", "5.5", "5.6", "-1.0", "-1.5", "0.0", "1.0"],
    "text": ["a", "b", "c", "7", "a", "a", "inf"],
    "huge": ["1.5", "1e40", "-1e39", "2.5"],
    "empty": [""],
}


def random_schema(generator: random.Random) -> schema_pb2.Schema:
    features = []
    for name in "pqrstuvw":
        if generator.random() < 0.1:
            continue  # a column that the schema does not know
        type_ = generator.choice(["INT", "FLOAT", "BYTES", "BYTES"])
        rules = {
            x.split()[0].replace("shape", "value_count"): x  # one of the two
            for x in generator.sample(RULES, generator.randint(0, 2))
        }
        domain = generator.choice(DOMAINS) if generator.random() < 0.7 else ""
        features.append(
            f'feature {{ name: "{name}" type: {type_} {domain} {" ".join(rules.values())} }}'
        )
    environments = 'default_environment: "TRAINING" default_environment: "SERVING"'
    bounds = generator.choice(["", "", "dataset_constraints { min_examples_count: 15 }"])
    return schema_of("\n".join([*features, SHARED, environments, bounds]))


def write_random_table(path: Path, generator: random.Random) -> None:
    columns = {}
    rows = generator.choice([1, 12, 20])
    for name in "pqrstuvw":
        if generator.random() < 0.1:
            continue  # a column that the file lacks
        cells = CELLS[generator.choice(list(CELLS))]
        missing = generator.choice([0, 0, 0.2, 0.5])
        columns[name] = [
            "" if generator.random() < missing else generator.choice(cells) for _ in range(rows)
        ]
    columns["z"] = ["x"] * rows  # so that no row is blank
    lines = [",".join(columns), *(",".join(row) for row in zip(*columns.values(), strict=True))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
