"""Processes that this package starts, and that must not outlive it.

`waiting_process` is one that has imported TensorFlow and waits for a task; `parent_death` ends a
process with the one that started it.
"""
