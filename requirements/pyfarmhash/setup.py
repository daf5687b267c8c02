"""Packaging of `farmhash` in plain Python, in place of `pyfarmhash`, which takes a compiler."""

from setuptools import setup

setup(
    name="pyfarmhash",
    version="0.3.2+pure",
    description="FarmHash fingerprints in plain Python, as TensorFlow Data Validation uses them",
    license="Apache-2.0",
    py_modules=["farmhash"],
    python_requires=">=3.8",
)
