"""Driving datamodel-code-generator: the sandbox's reading of a document, independent of ours."""

from __future__ import annotations

import warnings

from ..document.document import Document
from ..document.values import Mapping
from ..model.api import Api
from ..problems import Problem, prose
from .shape import Shape

_FAILURES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def is_playable(api: Api) -> bool:
    """Whether the sandbox has an example of a job to go by."""
    return any(
        response.has_examples
        for operation, _ in api.waiting
        for response in operation.responses
        if response.status == "200"
    )


def sandbox_models(document: Document, shape: Shape) -> tuple[str, list[Problem]]:
    """The pydantic models of every schema; a warning is a problem."""
    # Imported here: it costs as much as everything else, and a refused document needs none of it.
    import datamodel_code_generator as tool
    from datamodel_code_generator.enums import DataModelType, InputFileType
    from datamodel_code_generator.format import PythonVersion

    data: Mapping = {**shape.data, "paths": {}}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            code = tool.generate(
                data,
                input_file_type=InputFileType.OpenAPI,
                output_model_type=DataModelType.PydanticV2BaseModel,
                target_python_version=PythonVersion.PY_311,
                # Ruff does it. Even the formatter that is built in reads the pyproject.toml of
                # whatever directory this runs in.
                formatters=[],
                disable_timestamp=True,
                custom_file_header=f"# {document.header}\n{_HEADER}",
                use_annotated=True,
            )
        except (tool.Error, *_FAILURES) as error:
            text = f"datamodel-code-generator cannot read this: {prose(str(error))}"
            return "", [document.problem("/components/schemas", text)]
    if caught:
        texts = dict.fromkeys(prose(str(warning.message)) for warning in caught)
        return "", [
            document.problem("/components/schemas", f"datamodel-code-generator warns: {text}")
            for text in texts
        ]
    assert isinstance(code, str), "one document makes one module"
    return code, []


_HEADER = '"""The sandbox\'s models, made by datamodel-code-generator."""'
