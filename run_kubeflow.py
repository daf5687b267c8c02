"""Compile a pipeline for a cluster: `python run_kubeflow.py [--env kubeflow|vertex] [--submit] …`.

With `--submit` it is submitted as well. The other arguments are those of `tfx-pipeline compile` and
`tfx-pipeline submit`; without `--env`, the environment is configs/env/kubeflow.yaml.
"""

import sys

import run_local


def main() -> None:
    """Run `tfx-pipeline compile` or `submit` with the arguments of this process, and end."""
    words = [word for word in sys.argv[1:] if word != "--submit"]
    subcommand = "submit" if "--submit" in sys.argv[1:] else "compile"
    if not any(word == "--env" or word.startswith("--env=") for word in words):
        words.insert(0, "--env=kubeflow")
    run_local.start(__file__, [subcommand, *words])


if __name__ == "__main__":
    main()
