"""What a step's container runs natively on Vertex AI: TFX's own entry point, and our exit status.

    python -m tfx_pipeline.runners.cluster.vertex.entry_point --executor_class_path …

Vertex AI shows nothing of a step that failed but the status of its command: a gate's refusal ends
with 3 (`errors.ExitStatus`), as it does everywhere else, and is not taken for a fault.
"""

from __future__ import annotations

import runpy
import sys

from tfx_pipeline.errors import PipelineError

COMMAND = ("python", "-m", "tfx_pipeline.runners.cluster.vertex.entry_point")

_OF_TFX = "tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor"


def main() -> None:
    """Run TFX's entry point with this process's arguments.

    Raises:
        SystemExit: with the status of a mistake that this package explains.
    """
    try:
        runpy.run_module(_OF_TFX, run_name="__main__", alter_sys=True)
    except PipelineError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_status)


if __name__ == "__main__":
    main()
