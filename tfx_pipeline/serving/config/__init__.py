"""What the server is told: its command line, its files, and the token of its callers.

`options` knows the flags of TensorFlow Serving and our own; `protos` reads its files of protobuf
text; `bearer_token` compares what callers bring. What a configuration of models means stands in
`versions`, and what one of batching means in `batching`.
"""
