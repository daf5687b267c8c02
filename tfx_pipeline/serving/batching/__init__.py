"""Running a model once for several requests, by TensorFlow Serving's rules; or `direct`ly.

`scheduler` takes requests (`request`) into the batches (`batch`) of a `queue`; `options` are the
parameters of it all, and `direct` has the threads that run models.
"""
