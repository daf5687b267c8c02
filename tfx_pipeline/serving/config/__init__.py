"""What the server is told: its command line, its files, and the token of its callers.

`options` knows the flags of TensorFlow Serving and our own; `protos` reads its files of protobuf
text, `model_list` which models they name; `watch` follows the file while the server runs.
"""
