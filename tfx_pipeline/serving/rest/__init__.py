"""The REST API of TensorFlow Serving over `serving.http`.

`routes` reads a path, `app` answers it, `prediction` if it is a predict request.
"""
