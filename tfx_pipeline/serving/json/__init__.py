"""JSON of requests and responses, to the byte and to the word as TensorFlow Serving has it.

`parse` reads text; `request` makes arrays of it (by `columns`; `one_row` the fast way), `examples`
the examples of a classify or regress request; `response` writes the answer (`numbers`, `text`).
`rows` does both for the requests of a batch. What is refused, and in which words: `checks`.
"""
