"""`tfx-pipeline` that waits for a metadata server that went away for as long as it is told.

python -m tests.runners.node.patient_node SECONDS node …
"""

from __future__ import annotations

import sys

from tfx_pipeline import cli
from tfx_pipeline.runners.metadata import server_wait

if __name__ == "__main__":
    server_wait.AWAY_S = float(sys.argv[1])
    sys.exit(cli.main(sys.argv[2:]))
