"""This process, and the processes that it starts.

`own_command` says how this one was started, `descriptors` lets its output go elsewhere.
`waiting_process` is another one that has imported TensorFlow and waits for a task; `parent_death`
ends a process with the one that started it: none must outlive it.
"""
