"""TFLite, also called LiteRT: built-in operations only, raw cells in and answers out.

`emitter` writes the file, `runtime` runs it, `kinds` and `calibration` make it smaller, and
`budget` chooses among the kinds by what `measuring` found. TensorFlow is needed for none of it.
"""
