"""The files by which a folder is a version of a model, and those that a server reads beside them.

This imports nothing: training writes such files, and need not run again when serving changes.
"""

from __future__ import annotations

from pathlib import Path

SAVED_MODEL_FILE = "saved_model.pb"
SAVED_MODEL_TEXT_FILE = "saved_model.pbtxt"
TFLITE_FILE = "model.tflite"
MODEL_FILES = (SAVED_MODEL_FILE, SAVED_MODEL_TEXT_FILE, TFLITE_FILE)
"""One of these makes a folder a version."""

WARMUP_FILE = Path("assets.extra", "tf_serving_warmup_requests")
"""Requests that a server plays before it offers the version."""
BATCHING_FILE = "batching_params.pbtxt"
"""`BatchingParameters` of this version alone."""
