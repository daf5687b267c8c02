"""The single door for every change that this package makes to another library while it runs.

Each module says what it changes, why, for which versions, and when it can go: "both stacks" are TFX
1.16 with TensorFlow 2.16 and Beam 2.74, and TFX 1.21 with TensorFlow 2.21 and Beam 2.77. Nothing is
changed by an import. What is handed to a library by its own interface is no change.
"""
