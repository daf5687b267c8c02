"""A model server that speaks TensorFlow Serving's protocol: `tfx-model-server`.

`server` is its command line, `one_process` runs an `assembly` of all parts, `workers` several such.
A request comes in by `rest` or `grpc`, finds its version in `versions`, becomes arrays in `json` or
`tensors`, and runs as `inference` says, alone or by `batching`, on what `loader` made of a folder.
"""
