"""Vertex AI: `rendering` makes its PipelineJob by TFX's own runner, `submit` hands one over.

`entry_point` is what its steps run, `api` sends the requests, `google_errors` explains what comes
back; `runs` finds a run, `progress` looks at it.
"""
