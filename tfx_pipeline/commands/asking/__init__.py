"""Questions to a server about the model that a configuration means.

`served_model` is that model, `server` how it is asked, `row_files` and `typed_rows` what is sent,
and `version_label_move` how a version label moves while a server runs.
"""
