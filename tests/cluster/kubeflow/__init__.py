"""The real Kubeflow Pipelines on the cluster, of two versions."""
