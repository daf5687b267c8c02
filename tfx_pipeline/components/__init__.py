"""Our own TFX components, a folder each.

As in TFX, `component.py` is what a pipeline wires and `executor.py` what its step runs. A folder
exports both by name: ML Metadata and compiled pipelines know an executor by that path. Beside them
`blessed_model` resolves the baseline, and `artifacts` names the marks by which one step tells
another what came of it. A step imports no more than it runs, so nothing is exported here.
"""
