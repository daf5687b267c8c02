"""What an exported model is asked by, for whoever asks it: known without TensorFlow."""

SERVING_EXAMPLES = "serving_examples"
"""Signature that answers serialized tf.Examples as `serving_default` answers instances."""
TRANSFORM_FEATURES = "transform_features"
"""Signature that gives the transformed features and the label of serialized tf.Examples."""
CLASSIFY = "classify"
"""Signature of TensorFlow Serving's call of that name: gives all classes, in the model's order."""

PREDICTION_KEYS = {"binary": "probability", "multiclass": "probabilities", "regression": "value"}
"""By task: the output that holds a model's answer, beside which others may stand."""
CLASS = "class"
"""The output that holds the name of the class that is answered."""
