"""Vertex AI: `rendering` makes its PipelineJob by TFX's own runner, `submit` hands one over.

`api` sends the requests, `google_errors` explains what comes back, `progress` follows a run.
"""
