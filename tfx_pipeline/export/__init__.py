"""The fitted model in other formats: ONNX, TFLite, PMML; written from its description, and proven.

No module here imports TensorFlow, ONNX or a runtime at its top: each is imported where it is used.
"""
