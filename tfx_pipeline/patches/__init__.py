"""The single door for every change that this package makes to another library while it runs.

module              changes                                  why
beam_tuning         Beam's state cache, pickler, fan-out,    work for remote workers, in one
                    options and signatures                   process
light_imports       which packages TFX and Beam import       seconds of imports that a step never
                                                             uses
process_settings    garbage collection, logging,             defaults that cost seconds and memory,
                    `sys.argv`, `sys.path`, TensorFlow's     or say what nobody asked for
                    first messages, glibc's heaps
tensorflow_session  nothing: calls what is private           shapes and threads that a session
                                                             refuses
tfx_fileio          TFX's file operations on URIs            one way to stores, on both stacks

Each module says for which versions it is and when it can go: "both stacks" are TFX 1.16 with
TensorFlow 2.16 and Beam 2.74, and TFX 1.21 with TensorFlow 2.21 and Beam 2.77. Nothing is changed
by an import. What is handed to a library by its own interface (a seed, a subclass, an option) is no
change, and stands where it is used.
"""
