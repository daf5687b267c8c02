"""Files and folders wherever they are: this machine, or an object store by URI.

`fileio` is where to begin; when a place fails, `place_faults` sorts the error and `place_errors`
words it. `artifact_staging` alone knows TFX; nothing here knows configuration or pipeline.
"""
