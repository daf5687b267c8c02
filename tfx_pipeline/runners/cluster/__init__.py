"""A pipeline for a cluster: compiled, uploaded, submitted, followed.

`compile` does the first for every target, with `runtime_parameters`, and `upload` the second;
`kubeflow` and `vertex` render, submit and follow for theirs. `submission` is what both share: what
is asked, what comes of it, how the end of a step is read.
"""
