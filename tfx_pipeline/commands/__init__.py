"""The commands of `tfx-pipeline`: a module each, with its parser and its handler.

All are imported at every start, so they import what is heavy (what reads a configuration, prints in
colour, or runs) in the handler. `arguments` is what the parsers share, `output` how results and
errors are printed, `served_model` the model that a configuration means, `asking` the questions to a
server. `logged_compile`, `serve_plan` and `version_label_move` are what several handlers, or a long
one, do.
"""
