"""Networks trained by Keras optimisers: `dnn` and `wide_deep`."""
