"""Wiring only: a configuration becomes a TFX pipeline, the same for every orchestrator.

`create` puts together what `parts` and `vertex_part` make; `eval_config` says
what the Evaluator computes; `fingerprints` tells TFX's cache which code a step runs; `step_order`
knows the steps without TFX.
"""
