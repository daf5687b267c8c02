"""Tests on a real cluster: Kubernetes, and Kubeflow Pipelines on it, on this machine.

`python -m tests.cluster` brings them up and takes them down; README.md says how, and what is real.
"""
