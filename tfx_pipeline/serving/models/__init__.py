"""A version's folder in memory, and running its signatures: SavedModel and TensorFlow Lite.

`model_files` says what a folder consists of; `saved_model` runs a session by `session_call`s, and
`tflite_model` interpreters. Both are a `serving.types.Model`; `serving.loader` chooses.
"""
