"""What the real Kubeflow Pipelines made of our pipelines and of odd ones; see README.md."""
