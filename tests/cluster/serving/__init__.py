"""The model server on the cluster, by the manifests of deploy/serving/kubernetes."""
