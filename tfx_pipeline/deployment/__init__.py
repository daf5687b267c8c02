"""Pushed versions of a model, seen from outside the server.

`publishing` is how versions come and go; `version_label_file` the file that names them `stable` or
`canary`; `launch` which server runs here, and its command; `server_process` and `candidate_server`
run one for a while; `client` and `grpc_client` ask it. Knows of `serving` only what a client knows.
"""
