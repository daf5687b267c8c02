"""A model server that speaks TensorFlow Serving's protocol: `tfx-model-server`.

`server` is its command line; `one_process` runs an `assembly` of all parts until it is told to
stop, `workers` several such processes on the same ports. A request comes in by `rest` (on `http`)
or `grpc`, finds its version in `versions`, becomes arrays in `json` or `tensors`, and is run as
`inference` says, alone or by `batching`, on what `loader` made of the version's folder (`models`).
"""
