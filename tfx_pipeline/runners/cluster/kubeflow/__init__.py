"""Kubeflow Pipelines: `rendering` writes its YAML, `submit` hands that over by kfp's client.

`requests` gives that client limits, retries and errors; `progress` follows a run.
"""
