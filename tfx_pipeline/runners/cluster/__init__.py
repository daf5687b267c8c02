"""A pipeline for a cluster: compiled, uploaded, submitted, followed.

`compile` does the first for every target; `kubeflow` and `vertex` render and submit for theirs.
"""
