"""Volumes of the cluster, as they are seen from this machine."""

from __future__ import annotations

import os

from tfx_pipeline.config.sections.environment import EnvironmentConfig
from tfx_pipeline.config.sections.kubernetes import VolumeConfig
from tfx_pipeline.storage.fileio import is_uri
from tfx_pipeline.targets.rules import is_below


def volume_not_here(environment: EnvironmentConfig, place: str) -> VolumeConfig | None:
    """Give the volume that holds a place and is not mounted on this machine, if there is one."""
    if is_uri(place):
        return None
    for volume in environment.volumes:
        if is_below(place, volume.mount_path) and not os.path.isdir(volume.mount_path):
            return volume
    return None
