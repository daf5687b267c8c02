"""The formats that can be written are those that the configuration and its checks know."""

from typing import get_args

from tfx_pipeline.config.export_checks import PACKAGES
from tfx_pipeline.config.sections.export import FormatName
from tfx_pipeline.export.formats import FORMATS


def test_formats_are_those_of_the_configuration_and_of_its_checks():
    assert [*FORMATS] == [*get_args(FormatName)] == [*PACKAGES]
    for name, each in FORMATS.items():
        assert (each.name, each.file_name) == (name, f"model.{name}")
