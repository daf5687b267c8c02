"""What the server counts, by TensorFlow Serving's names, for Prometheus.

`metrics` has a method for each thing that happens, `families` write the numbers down, `share` adds
up those of several processes.
"""
