"""Loading a version's folder, and running its signatures: SavedModel and TensorFlow Lite.

`loading.load_model` chooses; both kinds come back as `serving.types.Model`.
"""
