"""Pushed versions of a model, seen from outside the server.

`publishing` is how versions come and go, `model_versions` what one is; `version_label_file` the
file that names them `stable` or `canary`; `launch` which server runs here, with which
`server_flags`; `server_process` and `candidate_server` run one for a while; `rest_client` and
`grpc_client` ask it, with the face of `client`; `loopback` keeps proxies out of that. Knows of
`serving` only what a client knows.
"""
