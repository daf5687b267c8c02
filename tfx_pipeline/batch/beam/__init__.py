"""The rows of a job answered by TFX's BulkInferrer, on any engine of Beam.

This process reads the input as for any other engine, so that the same rows are refused and the
same columns passed through; of the rest it makes tf.Examples, which BulkInferrer reads. Beam keeps
no order: each example carries its row's number, by which the answers are put back.
"""
