"""Wiring only: a configuration becomes a TFX pipeline, the same but for what Vertex AI has.

`create` puts together what `parts` and `vertex_part` make of `inputs`; `eval_config` says what the
Evaluator computes, `fingerprints` which code a step runs, for TFX's cache; `step_order` knows the
steps without TFX, `beam_options` and `metadata_connection` what else a compiled pipeline says.
"""
