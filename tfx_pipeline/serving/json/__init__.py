"""JSON of requests and responses, to the byte and to the word as TensorFlow Serving has it.

`parse` reads text; `request` makes arrays of it (by `columns`), `examples` the examples of a
classify or regress request; `response` writes the answer (`numbers`, `text`). `rows` does both for
the requests of a batch, and reads one row the fast way. `checks` says what is refused, and how.
"""
