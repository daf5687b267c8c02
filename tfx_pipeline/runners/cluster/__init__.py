"""A pipeline for a cluster: compiled, uploaded, submitted, followed.

`compile` does the first for every target, with `runtime_parameters`, and `upload` the second;
`kubeflow` and `vertex` render, submit and look for theirs. `submission` is what both are asked and
give. `following` looks again and again and shows `progress_lines`; a look is a `run_report`, which
`step_reports` makes of the `compiled_tasks`, as the service shows them, and the `outcome_files`.
`volumes` says what of the cluster is not mounted here.
"""
