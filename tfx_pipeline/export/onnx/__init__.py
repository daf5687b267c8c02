"""ONNX: raw columns in, answers out, written as a graph of ONNX's own operators."""
