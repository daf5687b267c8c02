"""Names by which artifacts of TFX's types are marked: custom properties, and files in a blessing.

All but `EVAL_ROWS`, `WITHDRAWN`, `PUSHED_FORMATS`, `SPLIT_PROOF`, `FINDINGS_FILE`, those of the
risk checks and those of a blessing of data are TFX's; its modules that define them import all of
its components.
"""

BLESSED = "blessed"
"""Of a blessing: 1 when it blesses its model, else 0."""
CURRENT_MODEL_ID = "current_model_id"
"""Of a blessing: id of its model."""
EVAL_ROWS = "eval_rows"
"""Of the Evaluator's blessing: digest of the rows that the model was judged by."""
PUSHED_DESTINATION = "pushed_destination"
"""Of a PushedModel: path or URI of the version; absent when nothing was pushed."""
PUSHED_FORMATS = "pushed_formats"
"""Of a PushedModel: path or URI of the version's other formats; absent when there are none."""
WITHDRAWN = "withdrawn"
"""Of a Model: 1 when it was pushed and then withdrawn, since it did not answer as it must."""

JUDGE = "judge"
"""Of a ModelBlessing: the step that gave it, where that is not the Evaluator."""
MODEL_RISK = "tfx_pipeline.ModelRisk"
"""Type of the artifact that holds what the risk checks found."""
EXPORTED_MODEL = "tfx_pipeline.ExportedModel"
"""Type of the artifact that holds a model in other formats."""
EXPORTED_FORMATS = "formats"
"""Folder in an ExportedModel: a file a format, and `parity.json`; and a custom property of it: the
names of the formats, with commas."""
RISKS_ACCEPTED = "accepted"
"""Of a ModelRisk: who took which risk of the model, why and when, as JSON: a list of
`evaluation.risk.findings.Acceptance`."""

SPLIT_PROOF = "split_proof"
"""Of Examples: `ingestion.examples.split_proof.SplitProof` as JSON; absent where workers of
Beam divided the rows."""

BLESSED_FILE = "BLESSED"
"""File in a blessing of data or of a model; absent when they were refused."""
INFRA_BLESSED_FILE, INFRA_NOT_BLESSED_FILE = "INFRA_BLESSED", "INFRA_NOT_BLESSED"
"""Files in a blessing of the infrastructure check: one of them is there."""
FINDINGS_FILE = "findings.json"
"""File in the blessing of our own infrastructure check: its `Findings` as JSON."""

EXAMPLES_ID, EXAMPLES_FINGERPRINT = "examples_id", "examples_fingerprint"
"""Of a blessing of data: the id of the examples, and what they were made from."""
INPUT_FINGERPRINT = "input_fingerprint"
"""Of Examples: what they were made from."""
