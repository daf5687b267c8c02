"""Pushed versions of a model, seen from outside the server, of which it knows what a client knows.

`publishing` is how versions come and go, `version_label_file` what names them; `launch` is which
server runs here, `candidate_server` runs one for a while, `client` asks it.
"""
