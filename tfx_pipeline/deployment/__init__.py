"""Pushed versions of a model, seen from outside the server.

`publishing` is how versions come and go, `version_label_file` what names them; `launch` is which
server runs here, `candidate_server` runs one for a while, `client` and `grpc_client` ask it. Of
`serving` it uses types, errors, flags and file formats; `candidate_server` alone runs a server.
"""
