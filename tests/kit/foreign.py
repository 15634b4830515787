"""Documents in the style of well-known APIs, in words of our own, and what a person would say.

Each is as small as its style allows: what counts is how a job's status is spelled, wrapped and
asked for, and which of their other resources look like one.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple, TypeAlias

Json: TypeAlias = dict[str, Any]


class Foreign(NamedTuple):
    """A document and its truth."""

    data: Json
    jobs: dict[str, dict[str, str]]
    """By operation, what each status word means, in one letter of p, r, s, f, c or `?`."""
    others: tuple[str, ...] = ()
    """Operations that must not be proposed."""


def document(*operations: tuple[str, Json], **components: Json) -> Json:
    """A document of the operations, each after its name such as `GET /jobs/{id}`."""
    paths: Json = {}
    for name, operation in operations:
        method, path = name.split(" ")
        ids = [part.split("}")[0] for part in path.split("{")[1:]]
        parameters: list[Json] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in ids
        ]
        parameters += operation.get("parameters", [])
        paths.setdefault(path, {})[method.lower()] = {**operation, "parameters": parameters}
    info = {"title": "Somebody's API", "version": "1"}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": components}


def answers(schema: Json, /, code: str = "200", **more: Any) -> Json:
    """An operation whose body is `schema`."""
    return {"responses": {code: {"description": "", **body(schema)}}, **more}


def body(schema: Json) -> Json:
    """The content of a request or a response."""
    return {"content": {"application/json": {"schema": schema}}}


def thing(words: str = "", at: str = "status", /, **members: Any) -> Json:
    """An object whose member `at` is one of the words; `data/state` lies in another object."""
    *around, name = at.split("/")
    status: Json = {"type": "string"}
    if words:
        status["enum"] = words.split("|") if "|" in words else words.split()
    schema: Json = {
        "type": "object",
        "properties": {"id": {"type": "string"}, name: status, **members},
    }
    for step in reversed(around):
        schema = {"type": "object", "properties": {step: schema}}
    return schema


def meaning(text: str) -> dict[str, str]:
    """`p: queued waiting; s: done` as words with their letters."""
    found: dict[str, str] = {}
    for part in text.split(";"):
        letter, _, words = part.strip().partition(": ")
        found |= dict.fromkeys(
            filter(None, words.split("|")) if "|" in words else words.split(), letter
        )
    return found


def query(name: str, *, required: bool = True) -> list[Json]:
    """One parameter of a query."""
    return [{"name": name, "in": "query", "required": required, "schema": {"type": "string"}}]


TEXT: Final[Json] = {"type": "string"}
NUMBER: Final[Json] = {"type": "number"}
TIME: Final[Json] = {"type": "string", "format": "date-time"}
ERROR: Final[Json] = {"type": "object", "properties": {"code": TEXT, "message": TEXT}}
EDIT: Final[Json] = {"responses": {"200": {"description": ""}}}

_BATCH = "validating failed in_progress finalizing completed expired cancelling cancelled"
_APIFY = "READY RUNNING SUCCEEDED FAILED TIMING-OUT TIMED-OUT ABORTING ABORTED"
_VERTEX = (
    *("QUEUED", "PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLING", "CANCELLED"),
    *("PAUSED", "EXPIRED", "UPDATING", "UNSPECIFIED"),
)
_PODS = "Pending Running Succeeded Failed Unknown"


def _variants() -> Json:
    words = ["PENDING", "THROTTLED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"]
    more: dict[str, Json] = {
        "RUNNING": {"progress": {"type": "number", "minimum": 0, "maximum": 1}},
        "FAILED": {"failure": TEXT, "failureCode": TEXT},
    }
    return {
        "oneOf": [
            {
                "type": "object",
                "properties": {"id": TEXT, "status": {"const": word}, **more.get(word, {})},
            }
            for word in words
        ],
        "discriminator": {"propertyName": "status"},
    }


FOREIGN: Final[dict[str, Foreign]] = {
    "batches of prompts": Foreign(
        document(
            (
                "GET /batches",
                answers({"type": "object", "properties": {"data": {"type": "array"}}}),
            ),
            ("GET /batches/{batch_id}", answers(thing(_BATCH, errors={"type": "object"}))),
            ("POST /batches/{batch_id}/cancel", answers(thing(_BATCH))),
            ("POST /batches", answers(thing(_BATCH))),
            ("GET /files/{file_id}", answers(thing("uploaded processed error"))),
            (
                "GET /threads/{thread_id}/runs/{run_id}",
                answers(thing("queued in_progress requires_action completed incomplete failed")),
            ),
        ),
        {
            "GET /batches/{batch_id}": meaning(
                "r: validating in_progress finalizing cancelling; s: completed; "
                "f: failed expired; c: cancelled"
            ),
            "GET /threads/{thread_id}/runs/{run_id}": meaning(
                "p: queued; r: in_progress; ?: requires_action; s: completed; f: incomplete failed"
            ),
        },
        ("GET /files/{file_id}",),
    ),
    "fine-tuning": Foreign(
        document(
            (
                "GET /fine_tuning/jobs/{id}",
                answers(
                    thing("validating_files queued running succeeded failed cancelled", error=ERROR)
                ),
            ),
            ("GET /models/{model}", answers(thing("active deprecated retired"))),
        ),
        {
            "GET /fine_tuning/jobs/{id}": meaning(
                "r: validating_files running; p: queued; s: succeeded; f: failed; c: cancelled"
            )
        },
        ("GET /models/{model}",),
    ),
    "long-running operations of a cloud": Foreign(
        document(
            (
                "GET /operations/{operationId}",
                {
                    "responses": {
                        "200": {
                            "description": "",
                            "headers": {"Retry-After": {"schema": {"type": "integer"}}},
                            **body(
                                thing(
                                    "NotStarted Running Succeeded Failed Canceled",
                                    percentComplete=NUMBER,
                                    error=ERROR,
                                )
                            ),
                        }
                    }
                },
            ),
            (
                "GET /machines/{name}",
                answers(
                    thing(
                        "Creating Updating Deleting Succeeded Failed Canceled",
                        "properties/provisioningState",
                    )
                ),
            ),
            ("PUT /machines/{name}", EDIT),
        ),
        {
            "GET /operations/{operationId}": meaning(
                "p: NotStarted; r: Running; s: Succeeded; f: Failed; c: Canceled"
            )
        },
        ("GET /machines/{name}",),
    ),
    "transcripts": Foreign(
        document(
            (
                "GET /v2/transcript/{transcript_id}",
                answers(thing("queued processing completed error", error=TEXT)),
            ),
            ("POST /v2/transcript", answers(thing("queued processing completed error"))),
        ),
        {
            "GET /v2/transcript/{transcript_id}": meaning(
                "p: queued; r: processing; s: completed; f: error"
            )
        },
        ("POST /v2/transcript",),
    ),
    "runs of scrapers": Foreign(
        document(
            (
                "GET /v2/actor-runs/{runId}",
                answers(thing(_APIFY, "data/status", statusMessage=TEXT, startedAt=TIME)),
            ),
            ("POST /v2/actor-runs/{runId}/abort", answers(thing(_APIFY, "data/status"))),
        ),
        {
            "GET /v2/actor-runs/{runId}": meaning(
                "p: READY; r: RUNNING TIMING-OUT ABORTING; s: SUCCEEDED; f: FAILED TIMED-OUT; "
                "c: ABORTED"
            )
        },
        ("POST /v2/actor-runs/{runId}/abort",),
    ),
    "tasks in variants": Foreign(
        document(
            (
                "GET /v1/tasks/{id}",
                answers(
                    _variants(),
                    parameters=[
                        {
                            "name": "X-Runner-Version",
                            "in": "header",
                            "required": True,
                            "schema": {"type": "string", "enum": ["2024-11-06"]},
                        }
                    ],
                ),
            ),
            ("GET /v1/organization/{id}", answers(thing("active suspended closed"))),
        ),
        {
            "GET /v1/tasks/{id}": meaning(
                "p: PENDING; r: THROTTLED RUNNING; s: SUCCEEDED; f: FAILED; c: CANCELLED"
            )
        },
        ("GET /v1/organization/{id}",),
    ),
    "workflow runs": Foreign(
        document(
            (
                "GET /repos/{owner}/{repo}/actions/runs/{run_id}",
                answers(
                    thing(
                        "queued in_progress completed waiting requested pending",
                        conclusion={
                            "type": ["string", "null"],
                            "enum": ["success", "failure", "cancelled", "skipped", None],
                        },
                    )
                ),
            ),
            ("GET /repos/{owner}/{repo}/pulls/{number}", answers(thing("open closed", "state"))),
        ),
        {},
        (
            "GET /repos/{owner}/{repo}/actions/runs/{run_id}",
            "GET /repos/{owner}/{repo}/pulls/{number}",
        ),
    ),
    "payments": Foreign(
        document(
            (
                "GET /v1/charges/{charge}",
                answers(thing("failed pending succeeded", failure_message=TEXT)),
            ),
            ("POST /v1/charges/{charge}", EDIT),
            (
                "GET /v1/subscriptions/{subscription}",
                answers(thing("active canceled incomplete past_due paused trialing unpaid")),
            ),
            ("GET /v1/invoices/{invoice}", answers(thing("draft open paid uncollectible void"))),
            (
                "GET /v1/payment_intents/{intent}",
                answers(
                    thing(
                        "canceled processing requires_action requires_capture "
                        "requires_confirmation requires_payment_method succeeded"
                    )
                ),
            ),
            ("POST /v1/payment_intents/{intent}", EDIT),
            (
                "GET /v1/payments/{id}",
                answers(thing("pending completed failed refunded", failure_message=TEXT)),
            ),
            (
                "GET /v1/reporting/report_runs/{report_run}",
                answers(
                    {
                        "type": "object",
                        "properties": {
                            "id": TEXT,
                            "error": TEXT,
                            "status": {
                                "type": "string",
                                "description": "First `pending`, then `succeeded` or `failed`",
                            },
                        },
                    }
                ),
            ),
        ),
        {
            "GET /v1/reporting/report_runs/{report_run}": meaning(
                "p: pending; s: succeeded; f: failed"
            )
        },
        (
            *("GET /v1/charges/{charge}", "GET /v1/subscriptions/{subscription}"),
            *("GET /v1/invoices/{invoice}", "GET /v1/payment_intents/{intent}"),
            "GET /v1/payments/{id}",
        ),
    ),
    "a cloud of capitals": Foreign(
        document(
            (
                "GET /transcription-jobs/{JobName}",
                answers(
                    thing(
                        "QUEUED IN_PROGRESS FAILED COMPLETED",
                        "TranscriptionJob/TranscriptionJobStatus",
                        FailureReason=TEXT,
                    )
                ),
            ),
            (
                "GET /instances/{id}",
                answers(thing("pending running shutting-down terminated stopping stopped")),
            ),
            ("GET /volumes/{id}", answers(thing("creating available in-use deleting error"))),
        ),
        {
            "GET /transcription-jobs/{JobName}": meaning(
                "p: QUEUED; r: IN_PROGRESS; f: FAILED; s: COMPLETED"
            )
        },
        ("GET /instances/{id}", "GET /volumes/{id}"),
    ),
    "dreams": Foreign(
        document(
            (
                "GET /generations/{id}",
                answers(thing("queued dreaming completed failed", "state", failure_reason=TEXT)),
            ),
            ("DELETE /generations/{id}", EDIT),
        ),
        {"GET /generations/{id}": meaning("p: queued; r: dreaming; s: completed; f: failed")},
    ),
    "a queue": Foreign(
        document(
            (
                "GET /apps/{app}/requests/{request_id}/status",
                {
                    "responses": {
                        "200": {"description": "", **body(thing("COMPLETED"))},
                        "202": {"description": "", **body(thing("IN_QUEUE IN_PROGRESS"))},
                    }
                },
            ),
            ("PUT /apps/{app}/requests/{request_id}/cancel", EDIT),
            ("GET /apps/{app}/requests/{request_id}", answers({})),
        ),
        {
            "GET /apps/{app}/requests/{request_id}/status": meaning(
                "p: IN_QUEUE; r: IN_PROGRESS; s: COMPLETED"
            )
        },
        ("GET /apps/{app}/requests/{request_id}",),
    ),
    "prefixed words": Foreign(
        document(
            (
                "GET /v1/projects/{project}/customJobs/{job}",
                answers(thing(" ".join(f"JOB_STATE_{w}" for w in _VERTEX), "state", error=ERROR)),
            ),
            (
                "GET /v1/endpoints/{endpoint}",
                answers(thing("STATE_UNSPECIFIED ENABLED DISABLED", "state")),
            ),
        ),
        {
            "GET /v1/projects/{project}/customJobs/{job}": {
                f"JOB_STATE_{word}": letter
                for word, letter in meaning(
                    "p: QUEUED PENDING; r: RUNNING CANCELLING PAUSED UPDATING; s: SUCCEEDED; "
                    "f: FAILED EXPIRED; c: CANCELLED; ?: UNSPECIFIED"
                ).items()
            }
        },
        ("GET /v1/endpoints/{endpoint}",),
    ),
    "two members that tell": Foreign(
        document(
            (
                "GET /jobs/runs/get",
                answers(
                    thing(
                        "PENDING RUNNING TERMINATING TERMINATED SKIPPED INTERNAL_ERROR",
                        "state/life_cycle_state",
                        result_state={"type": "string", "enum": ["SUCCESS", "FAILED"]},
                    ),
                    parameters=query("run_id"),
                ),
            )
        ),
        {},
        ("GET /jobs/runs/get",),
    ),
    "data with attributes": Foreign(
        document(
            (
                "GET /exports/{id}",
                answers(
                    {
                        "type": "object",
                        "properties": {
                            "data": {
                                "type": "object",
                                "properties": {
                                    "id": TEXT,
                                    "attributes": thing("waiting processing finished error"),
                                },
                            }
                        },
                    }
                ),
            )
        ),
        {"GET /exports/{id}": meaning("p: waiting; r: processing; s: finished; f: error")},
    ),
    "an end that says nothing": Foreign(
        document(
            (
                "GET /messages/batches/{id}",
                answers(thing("in_progress canceling ended", "processing_status")),
            )
        ),
        {"GET /messages/batches/{id}": meaning("r: in_progress canceling; s: ended")},
    ),
    "done or not": Foreign(
        document(
            (
                "GET /v1/operations/{name}",
                answers(
                    {
                        "type": "object",
                        "properties": {"name": TEXT, "done": {"type": "boolean"}, "error": ERROR},
                    }
                ),
            )
        ),
        {"GET /v1/operations/{name}": meaning("r: false; s: true")},
    ),
    "ticks on a list": Foreign(
        document(
            ("GET /todos/{id}", answers(thing("", completed={"type": "boolean"}))),
            ("PATCH /todos/{id}", EDIT),
        ),
        {},
        ("GET /todos/{id}",),
    ),
    "songs": Foreign(
        document(
            (
                "GET /generate/record-info",
                answers(
                    {
                        "type": "object",
                        "properties": {
                            "code": {"type": "integer"},
                            "msg": TEXT,
                            "data": thing(
                                "PENDING TEXT_SUCCESS SUCCESS CREATE_TASK_FAILED "
                                "GENERATE_AUDIO_FAILED SENSITIVE_WORD_ERROR",
                                taskId=TEXT,
                                errorMessage=TEXT,
                            ),
                        },
                    },
                    parameters=query("taskId"),
                ),
            )
        ),
        {
            "GET /generate/record-info": meaning(
                "p: PENDING; ?: TEXT_SUCCESS; s: SUCCESS; "
                "f: CREATE_TASK_FAILED GENERATE_AUDIO_FAILED SENSITIVE_WORD_ERROR"
            )
        },
    ),
    "outputs": Foreign(
        document(
            (
                "GET /api/v1/tasks/{task_id}",
                answers(
                    {
                        "type": "object",
                        "properties": {
                            "request_id": TEXT,
                            "output": {
                                "type": "object",
                                "properties": {
                                    "task_id": TEXT,
                                    "task_status": {
                                        "enum": [
                                            *("PENDING", "RUNNING", "SUCCEEDED"),
                                            *("FAILED", "CANCELED", "UNKNOWN"),
                                        ]
                                    },
                                    "message": TEXT,
                                },
                            },
                        },
                    }
                ),
            )
        ),
        {
            "GET /api/v1/tasks/{task_id}": meaning(
                "p: PENDING; r: RUNNING; s: SUCCEEDED; f: FAILED; c: CANCELED; ?: UNKNOWN"
            )
        },
    ),
    "videos by query": Foreign(
        document(
            (
                "GET /v1/video_status.get",
                answers(
                    thing("pending waiting processing completed failed", "data/status"),
                    parameters=query("video_id"),
                ),
            ),
            ("GET /v1/videos", answers(thing("pending completed"), parameters=query("cursor"))),
        ),
        {
            "GET /v1/video_status.get": meaning(
                "p: pending waiting; r: processing; s: completed; f: failed"
            )
        },
        ("GET /v1/videos",),
    ),
    "queues of workers": Foreign(
        document(
            (
                "GET /tasks/{id}/info",
                answers(thing("PENDING STARTED RETRY FAILURE SUCCESS REVOKED", "state")),
            ),
            (
                "GET /queues/{queue}/jobs/{id}",
                answers(thing("waiting active completed failed delayed paused", "state")),
            ),
            (
                "GET /dags/{dag_id}/dagRuns/{run_id}",
                answers(thing("queued running success failed", "state", start_date=TIME)),
            ),
            ("PATCH /dags/{dag_id}/dagRuns/{run_id}", EDIT),
        ),
        {
            "GET /tasks/{id}/info": meaning(
                "p: PENDING; r: STARTED RETRY; f: FAILURE; s: SUCCESS; c: REVOKED"
            ),
            "GET /queues/{queue}/jobs/{id}": meaning(
                "p: waiting delayed; r: active paused; s: completed; f: failed"
            ),
            "GET /dags/{dag_id}/dagRuns/{run_id}": meaning(
                "p: queued; r: running; s: success; f: failed"
            ),
        },
    ),
    "pods": Foreign(
        document(
            ("GET /namespaces/{namespace}/pods/{name}", answers(thing(_PODS, "status/phase"))),
            ("PATCH /namespaces/{namespace}/pods/{name}", EDIT),
        ),
        {},
        ("GET /namespaces/{namespace}/pods/{name}",),
    ),
    "videos": Foreign(
        document(
            (
                "GET /render/{id}",
                answers(thing("queued fetching rendering saving done failed", "response/status")),
            ),
            (
                "GET /stream/{identifier}",
                answers(
                    thing(
                        "pendingupload downloading queued inprogress ready error",
                        "result/status",
                    ),
                    summary="Retrieve the status of a video",
                ),
            ),
            (
                "GET /talks/{id}",
                answers(thing("created started done error rejected", error=ERROR, started_at=TIME)),
            ),
            (
                "GET /text-to-3d/{id}",
                answers(
                    thing(
                        "PENDING IN_PROGRESS SUCCEEDED FAILED EXPIRED",
                        progress={"type": "integer", "minimum": 0, "maximum": 100},
                        task_error={"type": "object", "properties": {"message": TEXT}},
                    )
                ),
            ),
        ),
        {
            "GET /render/{id}": meaning(
                "p: queued; r: fetching rendering saving; s: done; f: failed"
            ),
            "GET /stream/{identifier}": meaning(
                "p: pendingupload queued; r: downloading inprogress; s: ready; f: error"
            ),
            "GET /talks/{id}": meaning("p: created; r: started; s: done; f: error rejected"),
            "GET /text-to-3d/{id}": meaning(
                "p: PENDING; r: IN_PROGRESS; s: SUCCEEDED; f: FAILED EXPIRED"
            ),
        },
    ),
    "bulk loads": Foreign(
        document(
            (
                "GET /jobs/ingest/{jobId}",
                answers(
                    thing("Open UploadComplete InProgress Aborted JobComplete Failed", "state"),
                    summary="Get the status of a job",
                ),
            ),
            ("PATCH /jobs/ingest/{jobId}", EDIT),
        ),
        {
            "GET /jobs/ingest/{jobId}": meaning(
                "?: Open UploadComplete; r: InProgress; c: Aborted; s: JobComplete; f: Failed"
            )
        },
    ),
    "deployments": Foreign(
        document(
            (
                "GET /v13/deployments/{idOrUrl}",
                answers(thing("QUEUED BUILDING INITIALIZING READY ERROR CANCELED", "readyState")),
            ),
            ("GET /domains/{domain}", answers(thing("pending verified failed"))),
            ("PATCH /domains/{domain}", EDIT),
        ),
        {
            "GET /v13/deployments/{idOrUrl}": meaning(
                "p: QUEUED INITIALIZING; r: BUILDING; s: READY; f: ERROR; c: CANCELED"
            )
        },
        ("GET /domains/{domain}",),
    ),
    "people and parcels": Foreign(
        document(
            ("GET /users/{id}", answers(thing("active inactive pending"))),
            ("GET /invitations/{id}", answers(thing("pending accepted declined expired"))),
            ("GET /orders/{id}", answers(thing("pending processing shipped delivered cancelled"))),
            ("GET /tickets/{id}", answers(thing("open in_progress resolved closed"))),
            ("GET /emails/{id}", answers(thing("queued sent delivered bounced failed"))),
            ("GET /articles/{id}", answers(thing("draft in_review published archived"))),
            ("GET /health", answers(thing("starting ok error"))),
        ),
        {},
        (
            *("GET /users/{id}", "GET /invitations/{id}", "GET /orders/{id}", "GET /health"),
            *("GET /tickets/{id}", "GET /emails/{id}", "GET /articles/{id}"),
        ),
    ),
    "a POST that asks": Foreign(
        document(
            (
                "POST /get_job_status",
                answers(
                    thing("queued working finished crashed", job_id=TEXT),
                    requestBody=body(
                        {
                            "type": "object",
                            "required": ["job_id"],
                            "properties": {"job_id": TEXT},
                        }
                    ),
                    summary="Get the status of a job",
                ),
            ),
            (
                "POST /start_job",
                answers(
                    thing("queued working finished crashed", job_id=TEXT),
                    requestBody=body({"type": "object", "required": ["file_id"]}),
                    summary="Start a job",
                ),
            ),
        ),
        {"POST /get_job_status": meaning("p: queued; r: working; s: finished; f: crashed")},
        ("POST /start_job",),
    ),
    "many ways to one job": Foreign(
        document(
            ("GET /tasks/{id}", answers({"$ref": "#/components/schemas/Task"})),
            ("GET /users/{user}/tasks/{id}", answers({"$ref": "#/components/schemas/Task"})),
            ("POST /users/{user}/tasks/{id}/retry", answers({"$ref": "#/components/schemas/Task"})),
            (
                "GET /tasks",
                answers({"type": "array", "items": {"$ref": "#/components/schemas/Task"}}),
            ),
            schemas={"Task": thing("In Queue|In Progress|All Done|Timed Out", error=TEXT)},
        ),
        {"GET /tasks/{id}": meaning("p: In Queue|; r: In Progress|; s: All Done|; f: Timed Out|")},
        ("GET /users/{user}/tasks/{id}", "POST /users/{user}/tasks/{id}/retry", "GET /tasks"),
    ),
}
