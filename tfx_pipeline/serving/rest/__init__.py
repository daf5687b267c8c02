"""The REST API of TensorFlow Serving over `serving.http`.

`routes` reads a path, `app` answers it; `prediction` is the short way of most predict requests.
"""
