"""JSON of requests and responses, to the byte and to the word as TensorFlow Serving has it.

`parse` reads text, `request` makes arrays of it (`one_row` the fast way), `response` writes the
answer. What is refused, and in which words: `checks`.
"""
