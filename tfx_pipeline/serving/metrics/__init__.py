"""What the server counts, by TensorFlow Serving's names, for Prometheus."""
