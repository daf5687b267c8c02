"""What could go wrong with a model that is good on average: a file a check, functions of arrays.

Each check takes a `subject.Subject` and its settings and gives a `findings.CheckResult`.
"""
