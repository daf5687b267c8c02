"""This process, and the processes that it starts.

`this_process` says how this one was started, and lets its output go elsewhere.
`waiting_process` is another one that has imported TensorFlow and waits for a task; `parent_death`
ends a process with the one that started it: none must outlive it. `progress` is what long work
tells of itself.
"""
