"""Every change that this package makes to another library while it runs.

module              changes                                why
beam_tuning         Beam's workers, pickler, fan-out       work for remote workers, in one process
glibc_heaps         the C library's heaps for threads      memory that is free and that nobody gets
light_imports       which packages a step imports          seconds of imports that it never uses
process_settings    garbage collection, logging            defaults that cost seconds
tensorflow_session  nothing: calls what is private        shapes and threads that a session refuses
tfx_fileio          TFX's file operations on URIs          one way to stores, on both stacks

Each says for which versions it is and when it can go; nothing is patched by importing.
"""
