"""The commands of `tfx-pipeline`: a module each, with its parser and its handler.

The help imports all of them, so they import what is heavy in the handler: `logged_compile` and
`serve_plan` are such parts. `arguments` and `output` are shared; `asking` has models and servers.
"""
