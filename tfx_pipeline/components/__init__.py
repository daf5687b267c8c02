"""Our own TFX components: a file each, or a folder, as in TFX.

In a folder `component.py` is what a pipeline wires and `executor.py` what a step runs (`pusher` has
both in the latter).
`blessed_model` resolves the baseline; `artifacts` names marks by which one step tells another what
came of it. ML Metadata and compiled pipelines know executors by path; a step imports its own only.
"""
