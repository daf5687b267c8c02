"""Kubeflow Pipelines: `rendering` writes its YAML, `submit` hands that over by a `connection`.

A `rendering` is made of `groups` of steps, their `resources`, and what Kubernetes alone knows,
`platform`. `requests` gives kfp's client limits, retries and errors; `runs` finds a run, `progress`
looks at it, by its `tasks`, `pods` and their `pod_reasons`.
"""
