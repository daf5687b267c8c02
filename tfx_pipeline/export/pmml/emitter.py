"""A description as a document of PMML 4.4."""

from __future__ import annotations

import io
from collections.abc import Mapping

from tfx_pipeline.export.errors import NotExportableError, hash_problem
from tfx_pipeline.export.facts import ExportFacts
from tfx_pipeline.export.pmml.writing.answers import AnswerNames
from tfx_pipeline.export.pmml.writing.dictionary import data_dictionary, header, verification
from tfx_pipeline.export.pmml.writing.fields import Fields
from tfx_pipeline.export.pmml.writing.model import model
from tfx_pipeline.export.pmml.writing.operations import OPERATIONS
from tfx_pipeline.export.pmml.writing.xml import element
from tfx_pipeline.modules.description.model_description import ModelDescription
from tfx_pipeline.modules.description.operations import Operation

LACKS: Mapping[type[Operation], str] = {}
"""There is no operation that PMML cannot say at all; those that hash are refused."""
_NAMESPACES = (
    'xmlns="http://www.dmg.org/PMML-4_4" xmlns:data="http://jpmml.org/jpmml-model/InlineTable"'
)


def emit(description: ModelDescription, facts: ExportFacts) -> bytes:
    """Write the model.

    Raises:
        NotExportableError: it needs a hash, an activation function or a character that PMML does
            not have.
    """
    problems = [*filter(None, (hash_problem(each, "PMML") for each in description.operations))]
    if problems:
        raise NotExportableError(problems, "the model cannot be written as PMML")
    names = AnswerNames.of(description)
    fields = Fields(description, OPERATIONS, names.all)
    # What it reads is known once the model is written, and stands before it.
    body = io.BytesIO()
    for part in model(fields, description, names, verification(description, facts, names)):
        body.write(part.encode())
    document = io.BytesIO()
    document.write(b'<?xml version="1.0" encoding="UTF-8"?>\n')
    document.write(f'<PMML version="4.4" {_NAMESPACES}>\n'.encode())
    document.write(f"{header(facts)}\n{data_dictionary(description, facts, names)}\n".encode())
    if fields.written:
        document.write(element("TransformationDictionary", "\n", *fields.written).encode())
    document.write(b"\n")
    document.write(body.getbuffer())
    document.write(b"</PMML>\n")
    return document.getvalue()
