from __future__ import annotations

import random

import pytest
import tensorflow as tf

from tfx_pipeline.export.numpy_form.operations.farm_hash import farm_hash_64

pytestmark = pytest.mark.slow


def test_farm_hash_of_any_length_is_that_of_tensorflow():
    source = random.Random(0)
    texts = [source.randbytes(size) for size in [*range(200), 255, 256, 257, 1000]]
    buckets = tf.strings.to_hash_bucket_fast(texts, 2**62).numpy().tolist()
    assert [farm_hash_64(text) % 2**62 for text in texts] == buckets
