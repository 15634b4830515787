"""Models as fields of pydantic's models, and as what FastAPI takes and returns."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Annotated, Any, Final

import pytest
from docurift_client import CompletedJob, Job, UnknownJob
from fastapi import Body, FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel, TypeAdapter, ValidationError

TIME: Final = "2024-01-01T00:00:00Z"
DATA: Final[dict[str, Any]] = {
    "id": "job_1",
    "status": "completed",
    "progress": 100,
    "documentType": "invoice",
    "documentId": "doc_1",
    "result": {"extractedFields": {"total": 5}, "confidence": 0.5},
    "createdAt": TIME,
    "updatedAt": TIME,
    "completedAt": TIME,
    "new": ["field"],
}
UNKNOWN: Final = {"id": "job_1", "status": "archived"}


class Record(BaseModel):
    done: CompletedJob
    last: Job | None = None


def test_a_field_takes_a_model_or_its_json_and_writes_that_json() -> None:
    job = CompletedJob.from_dict(DATA)
    for record in (Record(done=job), Record.model_validate({"done": DATA})):
        assert record.done == job
        assert json.loads(record.model_dump_json(exclude_none=True)) == {"done": DATA}
    assert Record(done=job).done is job


@pytest.mark.parametrize(("data", "kind"), [(DATA, CompletedJob), (UNKNOWN, UnknownJob)])
def test_a_union_of_models_is_told_apart_by_its_status(data: Any, kind: type) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(Job)
    job = adapter.validate_json(json.dumps(data))
    assert type(job) is kind
    assert json.loads(adapter.dump_json(job)) == data


def test_what_is_not_as_the_document_says_is_refused_with_its_place() -> None:
    with pytest.raises(ValidationError, match="at /documentId expected a string, got the number 5"):
        Record.model_validate({"done": DATA | {"documentId": 5}})


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_the_json_schema_has_the_names_of_the_provider(mode: Any) -> None:
    schema = Record.model_json_schema(mode=mode)["properties"]["done"]
    assert {"documentId", "result"} <= schema["properties"].keys()
    assert "documentId" in schema["required"]
    assert schema["title"] == "CompletedJob"


def echo(job: Annotated[CompletedJob, Body()]) -> Job:
    """An endpoint."""
    return job


def test_fastapi_takes_and_returns_models() -> None:
    app = FastAPI()

    app.add_api_route("/", echo, methods=["POST"])
    client = TestClient(app)
    answer = client.post("/", json=DATA)
    assert (answer.status_code, answer.json()) == (200, DATA)
    assert client.post("/", json={}).status_code == 422
    assert client.get("/openapi.json").status_code == 200


def test_models_do_not_import_pydantic() -> None:
    code = "import docurift_client.models, sys; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
