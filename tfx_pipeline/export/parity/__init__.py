"""Parity: an export answers as the SavedModel does, on real rows and on rows made to hurt."""
