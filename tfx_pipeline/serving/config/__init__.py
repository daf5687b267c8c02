"""What the server is told: its command line, its files, and the token of its callers.

`options` knows the flags of TensorFlow Serving and our own, and the token; `protos` reads its files
of protobuf text. What they mean stands in `versions` for models, and in `batching`.
"""
