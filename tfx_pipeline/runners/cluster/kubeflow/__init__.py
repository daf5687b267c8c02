"""Kubeflow Pipelines: rendering and submission."""
