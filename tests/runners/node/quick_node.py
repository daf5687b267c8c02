"""`tfx-pipeline` whose supervisor waits a moment only before it tries again.

python -m tests.runners.node.quick_node node …
"""

from __future__ import annotations

import sys

from tfx_pipeline import cli
from tfx_pipeline.runners.node import supervisor

if __name__ == "__main__":
    supervisor.FIRST_WAIT_S = 0.1
    sys.exit(cli.main(sys.argv[1:]))
