"""Names by which artifacts of TFX's types are marked: custom properties, and files in a blessing.

All but `WITHDRAWN`, `SPLIT_PROOF`, `FINDINGS_FILE` and those of a blessing of data are TFX's; its
modules that define them import all of its components.
"""

BLESSED = "blessed"
"""Of a blessing: 1 when it blesses its model, else 0."""
CURRENT_MODEL_ID = "current_model_id"
"""Of a blessing: id of its model."""
PUSHED_DESTINATION = "pushed_destination"
"""Of a PushedModel: path or URI of the version; absent when nothing was pushed."""
WITHDRAWN = "withdrawn"
"""Of a Model: 1 when it was pushed and then withdrawn, since it did not answer as it must."""

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
