"""Tensors and messages of Predict as bytes, read and written without message objects.

`predict_body` reads a request and writes a response; `rows` keeps its tensors as bytes until a
batch makes arrays of them; `protos` and `writing` are the encoding; `wire` the messages.
"""
