"""Tensors and messages of Predict as bytes, read and written without message objects.

`predict_body` reads a request and writes a response; `entries` reads its small tensors, and `rows`
keeps them as bytes until a batch makes arrays of them; `reading` and `writing` are those of one
tensor; `wire` has the messages.
"""
