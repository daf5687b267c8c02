"""`tfx-pipeline` whose step is taken for lost while it works: another attempt closes what it does.

python -m tests.runners.node.taken_over_node done|lost|failed node …

`done`: the other attempt does the step as well; `lost`: it does nothing more; `failed`: as `lost`,
and the step fails then, as its files are gone.
"""

from __future__ import annotations

import sys
from typing import Any

from tfx_pipeline import cli


def main(how: str, words: list[str]) -> int:
    from ml_metadata.proto.metadata_store_pb2 import Execution
    from tfx.orchestration.portable import launcher

    work = launcher.Launcher._run_executor
    is_other = False

    def run_executor(self: Any, info: Any) -> Any:
        nonlocal is_other
        output = work(self, info)
        if is_other:
            return output
        with self._mlmd_connection as handle:
            (mine,) = handle.store.get_executions_by_id([info.execution_id])
            mine.last_known_state = Execution.CANCELED
            handle.store.put_executions([mine])
        if how == "failed":
            raise OSError("no such file")
        if how == "done":
            is_other = True
            self.launch()
        return output

    launcher.Launcher._run_executor = run_executor
    return cli.main(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
