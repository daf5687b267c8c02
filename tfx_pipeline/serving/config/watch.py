"""Following the file of a `ModelServerConfig`: models and labels without a restart."""

from __future__ import annotations

import asyncio
import logging

from tfx_pipeline.serving.config.protos import read_model_config
from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.serving.versions.manager import ServableManager

_LOG = logging.getLogger(__name__)


async def watch_config_file(manager: ServableManager, path: str, poll_s: float) -> None:
    """Read the file again and again, and bring what changed into force, until cancelled.

    A file that cannot be read or used is logged, and what is in force stays. It is tried at each
    poll: a label may be refused only until its version has loaded.
    """
    said = ""
    while True:
        await asyncio.sleep(poll_s)
        try:
            config = await asyncio.to_thread(read_model_config, path)
            if config != manager.config:
                await manager.reload(config, wait=False)
            said = ""
        except ServingError as error:
            if str(error) != said:
                said = str(error)
                _LOG.error("%s is not put into force: %s", path, said)
