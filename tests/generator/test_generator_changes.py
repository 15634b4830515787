"""What a new document means for users of the old package: a table of changes, each judged.

Both surfaces of a change are read from documents without the tools that write files.
"""

from __future__ import annotations

from functools import cache
from typing import Final, TypeAlias

import pytest
from jobwait_generator.changes.change import Change
from jobwait_generator.changes.compare import compare
from jobwait_generator.changes.surface import Surface
from jobwait_generator.pipeline import draft

from .conftest import document

Edit: TypeAlias = tuple[str, str]
Edits: TypeAlias = tuple[Edit, ...]

BASE: Final = """\
openapi: 3.1.0
info: {title: Gauges, version: 2024-10-01}
servers:
  - url: https://{region}.gauges.test
    variables: {region: {default: eu}}
security:
  - key: []
  - other: []
paths:
  /jobs/{id}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: string}}
    get:
      operationId: getJob
      tags: [jobs]
      summary: Get a job
      parameters:
        - {name: X-Version, in: header, required: true, schema: {type: string, const: "1"}}
      responses:
        "200":
          description: The job.
          content: {application/json: {schema: {$ref: "#/components/schemas/Job"}}}
      x-wait-for-completion:
        status: /status
        states:
          waiting: pending
          working: running
          done: succeeded
          broken: failed
        progress: {value: /progress, max: 100}
        failure: {code: /error/code}
        polling: {initial: 1, multiplier: 2, maximum: 8, timeout: 60, notFoundGrace: 5}
        cancel: {operation: "DELETE /jobs/{id}"}
    delete:
      operationId: cancelJob
      tags: [jobs]
      responses: {"204": {description: Cancelled.}}
  /tasks/{task_id}:
    get:
      operationId: getTask
      tags: [tasks]
      parameters:
        - {name: task_id, in: path, required: true, schema: {type: string, format: uuid}}
      responses:
        "200":
          description: The task.
          content: {application/json: {schema: {$ref: "#/components/schemas/Task"}}}
      x-wait-for-completion:
        status: /state
        states: {open: running, closed: succeeded}
        responses: {"202": running}
components:
  securitySchemes:
    key: {type: http, scheme: bearer, x-environment-variable: GAUGES_API_KEY}
    other: {type: apiKey, in: header, name: X-Gauge-Key}
  schemas:
    Job:
      oneOf:
        - $ref: "#/components/schemas/WaitingJob"
        - $ref: "#/components/schemas/DoneJob"
        - $ref: "#/components/schemas/BrokenJob"
      discriminator:
        propertyName: status
        mapping:
          waiting: "#/components/schemas/WaitingJob"
          working: "#/components/schemas/WaitingJob"
          done: "#/components/schemas/DoneJob"
          broken: "#/components/schemas/BrokenJob"
    WaitingJob:
      type: object
      required: [status, progress]
      properties:
        status: {type: string, enum: [waiting, working]}
        progress: {type: number}
    DoneJob:
      type: object
      required: [status, result]
      properties:
        status: {type: string, const: done}
        result: {$ref: "#/components/schemas/Reading"}
        note: {type: string}
    BrokenJob:
      type: object
      required: [status, error]
      properties:
        status: {type: string, const: broken}
        error: {$ref: "#/components/schemas/Failure"}
    Reading:
      type: object
      required: [unit, value, count, labels, place, extra]
      properties:
        unit: {$ref: "#/components/schemas/Unit"}
        value: {type: number}
        count: {type: integer}
        labels: {type: array, items: {type: string}}
        place: {type: string}
        extra: {}
        hint: {type: string}
        shape: {$ref: "#/components/schemas/Shape"}
    Unit: {type: string, enum: [metre, second, gram]}
    Shape:
      oneOf: [{$ref: "#/components/schemas/Circle"}, {$ref: "#/components/schemas/Square"}]
      discriminator:
        propertyName: kind
        mapping: {circle: "#/components/schemas/Circle", square: "#/components/schemas/Square"}
    Circle: {type: object, required: [kind], properties: {kind: {const: circle}}}
    Square: {type: object, required: [kind], properties: {kind: {const: square}}}
    Failure:
      type: object
      required: [code]
      properties:
        code: {type: string}
        message: {type: string}
    Task:
      type: object
      required: [state]
      properties:
        state: {type: string, enum: [open, closed]}
"""

GET: Final = "/paths/~1jobs~1{id}/get"
SHORT: Final = {
    "EXT": f"{GET}/x-wait-for-completion",
    "GET": GET,
    "DELETE": "/paths/~1jobs~1{id}/delete",
    "TASK": "/paths/~1tasks~1{task_id}/get",
    "SCHEMAS": "/components/schemas",
    "SCHEMES": "/components/securitySchemes",
}
"""Starts of pointers, as the table writes them."""

READING: Final = "required: [unit, value, count, labels, place, extra]"
TASKS: Final = BASE[BASE.index("  /tasks/") : BASE.index("components:")]
TASK: Final = BASE[BASE.index("    Task:") :]
DELETE: Final = BASE[BASE.index("    delete:") : BASE.index("  /tasks/")]
CANCEL: Final = '\n        cancel: {operation: "DELETE /jobs/{id}"}'
BROKEN: Final = BASE[BASE.index("    BrokenJob:") : BASE.index("    Reading:")]
FAILURE: Final = BASE[BASE.index("    Failure:") : BASE.index("    Task:")]
BRANCH: Final = '        - $ref: "#/components/schemas/BrokenJob"'
STOPPED: Final = BROKEN.replace("broken", "stopped").replace("Broken", "Stopped")

CHANGES: Final[dict[str, tuple[Edits, tuple[str, ...]]]] = {
    "a field is gone": (
        (("\n        note: {type: string}", ""),),
        ("breaking removed DoneJob.note SCHEMAS/DoneJob/properties/note",),
    ),
    "a field that was always there is gone": (
        (("\n        place: {type: string}", ""), (READING, READING.replace(", place", ""))),
        ("breaking removed Reading.place SCHEMAS/Reading/properties/place",),
    ),
    "a field is renamed where it stood": (
        (
            ("        place: {type: string}", "        location: {type: string}"),
            (READING, READING.replace("place", "location")),
        ),
        ("breaking renamed? Reading.place SCHEMAS/Reading/properties/location",),
    ),
    "a field is renamed and may be missing": (
        (
            ("        place: {type: string}", "        location: {type: string}"),
            (READING, READING.replace(", place", "")),
        ),
        (
            "breaking retyped Reading.location SCHEMAS/Reading/properties/location",
            "breaking renamed? Reading.place SCHEMAS/Reading/properties/location",
        ),
    ),
    "the key of a field is spelt otherwise": (
        (
            ("        place: {type: string}", "        Place: {type: string}"),
            (READING, READING.replace("place", "Place")),
        ),
        ("notable response Reading.place SCHEMAS/Reading/properties/Place",),
    ),
    "a field is renamed and moved": (
        (
            ("\n        value: {type: number}", ""),
            (
                "        hint: {type: string}",
                "        hint: {type: string}\n        zero: {type: number}",
            ),
            (READING, READING.replace("value", "zero")),
        ),
        ("breaking renamed? Reading.value SCHEMAS/Reading/properties/zero",),
    ),
    "a field goes and another one comes": (
        (
            ("\n        value: {type: number}", ""),
            (
                "        hint: {type: string}",
                "        hint: {type: string}\n        zero: {type: boolean}",
            ),
            (READING, READING.replace("value", "zero")),
        ),
        (
            "breaking removed Reading.value SCHEMAS/Reading/properties/value",
            "notable required Reading.zero SCHEMAS/Reading/properties/zero",
        ),
    ),
    "a field comes": (
        (("        hint:", "        colour: {type: string}\n        hint:"),),
        ("compatible added Reading.colour SCHEMAS/Reading/properties/colour",),
    ),
    "a field comes that is always there": (
        (
            ("        hint:", "        colour: {type: string}\n        hint:"),
            (READING, READING.replace("extra", "extra, colour")),
        ),
        ("notable required Reading.colour SCHEMAS/Reading/properties/colour",),
    ),
    "a field is always there now": (
        ((READING, READING.replace("extra", "extra, hint")),),
        ("notable required Reading.hint SCHEMAS/Reading/properties/hint",),
    ),
    "a field may be missing now": (
        ((READING, READING.replace(", place", "")),),
        ("breaking retyped Reading.place SCHEMAS/Reading/properties/place",),
    ),
    "a string is a number": (
        (("place: {type: string}", "place: {type: integer}"),),
        ("breaking retyped Reading.place SCHEMAS/Reading/properties/place",),
    ),
    "an integer is any number": (
        (("count: {type: integer}", "count: {type: number}"),),
        ("breaking retyped Reading.count SCHEMAS/Reading/properties/count",),
    ),
    "a number is an integer": (
        (("value: {type: number}", "value: {type: integer}"),),
        ("compatible retyped Reading.value SCHEMAS/Reading/properties/value",),
    ),
    "a field may be null now": (
        (("place: {type: string}", 'place: {type: [string, "null"]}'),),
        ("breaking retyped Reading.place SCHEMAS/Reading/properties/place",),
    ),
    "a string is a date": (
        (("place: {type: string}", "place: {type: string, format: date-time}"),),
        ("breaking retyped Reading.place SCHEMAS/Reading/properties/place",),
    ),
    "a string is a list of strings": (
        (("place: {type: string}", "place: {type: array, items: {type: string}}"),),
        ("breaking retyped Reading.place SCHEMAS/Reading/properties/place",),
    ),
    "the items of a list are of another type": (
        (("items: {type: string}", "items: {type: integer}"),),
        ("breaking retyped Reading.labels SCHEMAS/Reading/properties/labels",),
    ),
    "the items of a list may be null": (
        (("items: {type: string}", 'items: {type: [string, "null"]}'),),
        ("breaking retyped Reading.labels SCHEMAS/Reading/properties/labels",),
    ),
    "the items of a list have no type any more": (
        (("items: {type: string}", "items: {}"),),
        ("notable retyped Reading.labels SCHEMAS/Reading/properties/labels",),
    ),
    "a field without a type has one": (
        (("extra: {}", "extra: {type: string}"),),
        ("notable retyped Reading.extra SCHEMAS/Reading/properties/extra",),
    ),
    "a field without a type is an object": (
        (("extra: {}", "extra: {type: object, title: More, properties: {a: {type: string}}}"),),
        (
            "breaking retyped Reading.extra SCHEMAS/Reading/properties/extra",
            "compatible added More SCHEMAS/Reading/properties/extra",
        ),
    ),
    "a field has no type any more": (
        (("place: {type: string}", "place: {}"),),
        ("notable retyped Reading.place SCHEMAS/Reading/properties/place",),
    ),
    "a string has a list of words": (
        (("place: {type: string}", "place: {title: Place, type: string, enum: [here, there]}"),),
        (
            "compatible added Place SCHEMAS/Reading/properties/place",
            "compatible retyped Reading.place SCHEMAS/Reading/properties/place",
        ),
    ),
    "an enum is any string": (
        (
            ('unit: {$ref: "#/components/schemas/Unit"}', "unit: {type: string}"),
            ("    Unit: {type: string, enum: [metre, second, gram]}\n", ""),
        ),
        (
            "breaking removed Unit SCHEMAS/Unit",
            "compatible retyped Reading.unit SCHEMAS/Reading/properties/unit",
        ),
    ),
    "a word of an enum comes": (
        (("[metre, second, gram]", "[metre, second, gram, kelvin]"),),
        ("compatible added Unit.KELVIN SCHEMAS/Unit/enum/3",),
    ),
    "the words of an enum change places": (
        (("[metre, second, gram]", "[gram, metre, second]"),),
        (),
    ),
    "a word of an enum is gone": (
        (("[metre, second, gram]", "[metre, gram]"),),
        ("breaking removed Unit.SECOND SCHEMAS/Unit/enum/1",),
    ),
    "a word of an enum is another": (
        (("[metre, second, gram]", "[metre, hour, gram]"),),
        ("breaking renamed? Unit.SECOND SCHEMAS/Unit/enum/1",),
    ),
    "a word of an enum has another name": (
        (
            (
                "[metre, second, gram]}",
                "[metre, second, gram], x-enum-varnames: [METRE, SEC, GRAM]}",
            ),
        ),
        ("breaking renamed Unit.SECOND SCHEMAS/Unit/enum/1",),
    ),
    "a word of an enum is spelt otherwise": (
        (("[metre, second, gram]", "[metre, Second, gram]"),),
        ("breaking retyped Unit.SECOND SCHEMAS/Unit/enum/1",),
    ),
    "a schema is renamed": (
        (
            ('$ref: "#/components/schemas/Reading"', '$ref: "#/components/schemas/Measurement"'),
            ("    Reading:", "    Measurement:"),
        ),
        ("breaking renamed? Reading SCHEMAS/Measurement",),
    ),
    "a schema is renamed and has a field more": (
        (
            ('$ref: "#/components/schemas/Reading"', '$ref: "#/components/schemas/Measurement"'),
            ("    Reading:", "    Measurement:"),
            ("        hint:", "        colour: {type: string}\n        hint:"),
        ),
        (
            "breaking renamed? Reading SCHEMAS/Measurement",
            "compatible added Measurement.colour SCHEMAS/Measurement/properties/colour",
        ),
    ),
    "a schema is renamed and moved": (
        (
            ('$ref: "#/components/schemas/Failure"', '$ref: "#/components/schemas/Cause"'),
            (FAILURE, ""),
            ("    Job:\n", FAILURE.replace("Failure", "Cause") + "    Job:\n"),
        ),
        ("breaking renamed? Failure SCHEMAS/Cause",),
    ),
    "a variant is renamed": (
        (
            ("    WaitingJob:", "    QueuedJob:"),
            (
                '        - $ref: "#/components/schemas/WaitingJob"',
                '        - $ref: "#/components/schemas/QueuedJob"',
            ),
            (
                'waiting: "#/components/schemas/WaitingJob"',
                'waiting: "#/components/schemas/QueuedJob"',
            ),
            (
                'working: "#/components/schemas/WaitingJob"',
                'working: "#/components/schemas/QueuedJob"',
            ),
        ),
        (
            "breaking renamed? WaitingJob SCHEMAS/QueuedJob",
            "breaking renamed? WaitingJobStatus SCHEMAS/QueuedJob/properties/status",
        ),
    ),
    "a variant and its status word are renamed": (
        (
            ("    BrokenJob:", "    FailedJob:"),
            (
                '        - $ref: "#/components/schemas/BrokenJob"',
                '        - $ref: "#/components/schemas/FailedJob"',
            ),
            (
                'broken: "#/components/schemas/BrokenJob"',
                'failed: "#/components/schemas/FailedJob"',
            ),
            ("broken: failed", "failed: failed"),
            ("const: broken", "const: failed"),
        ),
        (
            "breaking status? BrokenJob EXT/states/failed",
            "breaking renamed? BrokenJob SCHEMAS/FailedJob",
        ),
    ),
    "a union has one more member": (
        (
            (
                '{$ref: "#/components/schemas/Square"}]',
                '{$ref: "#/components/schemas/Square"}, {$ref: "#/components/schemas/Line"}]',
            ),
            (
                'square: "#/components/schemas/Square"}',
                'square: "#/components/schemas/Square", line: "#/components/schemas/Line"}',
            ),
            (
                "    Failure:\n",
                "    Line: {type: object, required: [kind], properties: {kind: {const: line}}}\n"
                "    Failure:\n",
            ),
        ),
        ("notable retyped Shape SCHEMAS/Shape", "compatible added Line SCHEMAS/Line"),
    ),
    "a field is deprecated": (
        (("place: {type: string}", "place: {type: string, deprecated: true}"),),
        ("notable deprecated Reading.place SCHEMAS/Reading/properties/place/deprecated",),
    ),
    "a schema is deprecated": (
        (("    Unit: {", "    Unit: {deprecated: true, "),),
        ("notable deprecated Unit SCHEMAS/Unit/deprecated",),
    ),
    "only words change": (
        (
            ("summary: Get a job", "summary: Ask for a job"),
            ("hint: {type: string}", "hint: {type: string, description: A hint}"),
        ),
        (),
    ),
    "only the order of fields changes": (
        (
            (
                "        value: {type: number}\n        count: {type: integer}\n",
                "        count: {type: integer}\n        value: {type: number}\n",
            ),
        ),
        (),
    ),
    "an operation is renamed": (
        (("operationId: getJob", "operationId: fetchJob"),),
        ("breaking renamed? client.jobs.get_job GET/operationId",),
    ),
    "an operation is deprecated": (
        (("      summary: Get a job", "      deprecated: true"),),
        ("notable deprecated client.jobs.get_job GET/deprecated",),
    ),
    "a tag is renamed": (
        (("      tags: [jobs]\n      summary", "      tags: [runs]\n      summary"),),
        ("breaking renamed? client.jobs GET/tags/0",),
    ),
    "the id is renamed": (
        (
            ("{name: id, in", "{name: job, in"),
            ("  /jobs/{id}:", "  /jobs/{job}:"),
            ("DELETE /jobs/{id}", "DELETE /jobs/{job}"),
        ),
        ("breaking renamed? client.jobs.get_job(id) /paths/~1jobs~1{job}/parameters/0",),
    ),
    "the id is an integer": (
        (
            (
                "in: path, required: true, schema: {type: string}}",
                "in: path, required: true, schema: {type: integer}}",
            ),
        ),
        ("breaking id client.jobs.get_job(id) /paths/~1jobs~1{id}/parameters/0/schema",),
    ),
    "the id is a UUID": (
        (
            (
                "in: path, required: true, schema: {type: string}}",
                "in: path, required: true, schema: {type: string, format: uuid}}",
            ),
        ),
        ("breaking id client.jobs.get_job(id) /paths/~1jobs~1{id}/parameters/0/schema",),
    ),
    "a UUID is any string": (
        ((", format: uuid", ""),),
        ("breaking id client.tasks.get_task(task_id) TASK/parameters/0/schema",),
    ),
    "the id has one more part": (
        (
            (
                "  /jobs/{id}:\n    parameters:",
                "  /teams/{team}/jobs/{id}:\n    parameters:\n"
                "      - {name: team, in: path, required: true, schema: {type: string}}",
            ),
            ("DELETE /jobs", "DELETE /teams/{team}/jobs"),
        ),
        (
            "breaking id client.jobs.get_job(id) /paths/~1teams~1{team}~1jobs~1{id}/parameters/0",
            "notable request client.jobs.get_job /paths/~1teams~1{team}~1jobs~1{id}/get",
            "notable request client.jobs.cancel /paths/~1teams~1{team}~1jobs~1{id}/delete",
        ),
    ),
    "a query parameter is required": (
        (
            (
                "        - {name: task_id",
                "        - {name: region, in: query, required: true, schema: {type: string}}\n"
                "        - {name: task_id",
            ),
        ),
        (
            "breaking id client.tasks.get_task(id) TASK/parameters/0",
            "notable request client.tasks.get_task TASK",
        ),
    ),
    "the path is another": (
        (("  /jobs/{id}:", "  /v2/jobs/{id}:"), ("DELETE /jobs", "DELETE /v2/jobs")),
        (
            "notable request client.jobs.get_job /paths/~1v2~1jobs~1{id}/get",
            "notable request client.jobs.cancel /paths/~1v2~1jobs~1{id}/delete",
        ),
    ),
    "a header has another value": (
        (('const: "1"', 'const: "2"'),),
        ("notable request client.jobs.get_job GET/parameters/0",),
    ),
    "a header is sent as well": (
        (
            (
                "        - {name: X-Version,",
                "        - {name: X-Kind, in: header, required: true, "
                "schema: {type: string, const: gauge}}\n        - {name: X-Version,",
            ),
        ),
        ("notable request client.jobs.get_job GET/parameters/0",),
    ),
    "a header is not sent any more": (
        (
            (
                "      parameters:\n        - {name: X-Version, in: header, required: true, "
                'schema: {type: string, const: "1"}}\n',
                "",
            ),
        ),
        ("notable request client.jobs.get_job GET",),
    ),
    "a job cannot be cancelled any more": (
        ((CANCEL, ""), (DELETE, "")),
        (
            "breaking removed client.jobs.cancel EXT/cancel",
            "breaking removed client.jobs.wait_for_completion(on_timeout) EXT/cancel",
        ),
    ),
    "a job is cancelled in another way": (
        (
            (
                DELETE,
                "  /jobs/{id}/cancel:\n    parameters:\n"
                "      - {name: id, in: path, required: true, schema: {type: string}}\n"
                "    post:\n" + DELETE.split("\n", 1)[1],
            ),
            ("DELETE /jobs/{id}", "POST /jobs/{id}/cancel"),
        ),
        ("notable request client.jobs.cancel /paths/~1jobs~1{id}~1cancel/post",),
    ),
    "there are no jobs of a kind any more": (
        ((TASKS, ""), (TASK, "")),
        (
            "breaking removed client.tasks TASK/tags/0",
            "breaking removed Task SCHEMAS/Task",
            "breaking removed TaskState SCHEMAS/Task/properties/state",
        ),
    ),
    "a status word comes with a class": (
        (
            ("          broken: failed", "          broken: failed\n          stopped: cancelled"),
            ("    Reading:\n", STOPPED + "    Reading:\n"),
            (
                '          broken: "#',
                '          stopped: "#/components/schemas/StoppedJob"\n          broken: "#',
            ),
            (BRANCH, f"{BRANCH}\n{BRANCH.replace('Broken', 'Stopped')}"),
        ),
        ("notable status StoppedJob EXT/states/stopped",),
    ),
    "a status word comes that has succeeded": (
        (
            ("          broken: failed", "          broken: failed\n          stopped: succeeded"),
            ("    Reading:\n", STOPPED + "    Reading:\n"),
            (
                '          broken: "#',
                '          stopped: "#/components/schemas/StoppedJob"\n          broken: "#',
            ),
            (BRANCH, f"{BRANCH}\n{BRANCH.replace('Broken', 'Stopped')}"),
        ),
        (
            "breaking retyped client.jobs.wait_for_completion EXT/states",
            "notable status StoppedJob EXT/states/stopped",
        ),
    ),
    "a status word of an enum comes": (
        (
            ("closed: succeeded}", "closed: succeeded, lost: failed}"),
            ("[open, closed]", "[open, closed, lost]"),
        ),
        ("notable status TaskState.LOST TASK/x-wait-for-completion/states/lost",),
    ),
    "a status word of a class comes": (
        (
            ("          working: running", "          working: running\n          paused: running"),
            ("[waiting, working]", "[waiting, working, paused]"),
            (
                '          working: "#',
                '          paused: "#/components/schemas/WaitingJob"\n          working: "#',
            ),
        ),
        (
            "notable status WaitingJob EXT/states/paused",
            "compatible added WaitingJobStatus.PAUSED SCHEMAS/WaitingJob/properties/status/enum/2",
        ),
    ),
    "a status word of a class is gone": (
        (
            ("          working: running\n", ""),
            ("[waiting, working]", "[waiting]"),
            ('          working: "#/components/schemas/WaitingJob"\n', ""),
        ),
        (
            "breaking status WaitingJob EXT/states/working",
            "breaking removed WaitingJobStatus SCHEMAS/WaitingJob/properties/status",
        ),
    ),
    "a status word and its class are gone": (
        (
            ("          broken: failed\n", ""),
            (BROKEN, ""),
            ('        - $ref: "#/components/schemas/BrokenJob"\n', ""),
            ('          broken: "#/components/schemas/BrokenJob"\n', ""),
            (FAILURE, ""),
            ("        failure: {code: /error/code}\n", ""),
        ),
        (
            "breaking status BrokenJob EXT/states/broken",
            "breaking response JobFailedError.code EXT/failure/code",
            "breaking removed Failure SCHEMAS/Failure",
        ),
    ),
    "a status word of an enum is gone": (
        (("open: running, ", ""), ("[open, closed]", "[closed]")),
        (
            "breaking status TaskState.OPEN TASK/x-wait-for-completion/states/open",
            "breaking removed TaskState SCHEMAS/Task/properties/state",
            "compatible retyped Task.state SCHEMAS/Task/properties/state",
        ),
    ),
    "a status word is another": (
        (
            ("          done: succeeded", "          finished: succeeded"),
            ("const: done", "const: finished"),
            ('          done: "#', '          finished: "#'),
        ),
        ("breaking status? DoneJob EXT/states/finished",),
    ),
    "a status word of an enum is another": (
        (("closed: succeeded", "shut: succeeded"), ("[open, closed]", "[open, shut]")),
        ("breaking status? TaskState.CLOSED TASK/x-wait-for-completion/states/shut",),
    ),
    "a failed job is a cancelled one": (
        (("broken: failed", "broken: cancelled"),),
        ("breaking status BrokenJob EXT/states/broken",),
    ),
    "a pending job is a running one": (
        (("waiting: pending", "waiting: running"),),
        ("notable status WaitingJob EXT/states/waiting",),
    ),
    "a failed job has succeeded": (
        (("broken: failed", "broken: succeeded"), ("        failure: {code: /error/code}\n", "")),
        (
            "breaking retyped client.jobs.wait_for_completion EXT/states",
            "breaking status BrokenJob EXT/states/broken",
            "breaking response JobFailedError.code EXT/failure/code",
        ),
    ),
    "a response without a status means something": (
        (("        responses: {", "        absent: pending\n        responses: {"),),
        ("notable status client.tasks TASK/x-wait-for-completion/absent",),
    ),
    "a status code means something else": (
        (('{"202": running}', '{"202": succeeded}'),),
        (
            "breaking retyped client.tasks.wait_for_completion TASK/x-wait-for-completion/states",
            "breaking status client.tasks TASK/x-wait-for-completion/responses/202",
        ),
    ),
    "a status code means something": (
        (('{"202": running}', '{"202": running, "206": succeeded}'),),
        (
            "breaking retyped client.tasks.wait_for_completion TASK/x-wait-for-completion/states",
            "notable status client.tasks TASK/x-wait-for-completion/responses/206",
        ),
    ),
    "a status code means nothing any more": (
        (('\n        responses: {"202": running}', ""),),
        (
            "notable status client.tasks TASK/x-wait-for-completion/responses/202",
            "compatible retyped client.tasks.get_task TASK/operationId",
        ),
    ),
    "no code of a failure is told": (
        (("\n        failure: {code: /error/code}", ""),),
        ("breaking response JobFailedError.code EXT/failure/code",),
    ),
    "the message of a failure is told": (
        (("{code: /error/code}", "{code: /error/code, message: /error/message}"),),
        ("compatible response JobFailedError.message EXT/failure/message",),
    ),
    "the code of a failure is another": (
        (("{code: /error/code}", "{code: /error/message}"),),
        ("notable response JobFailedError.code EXT/failure/code",),
    ),
    "no progress is told": (
        (("\n        progress: {value: /progress, max: 100}", ""),),
        ("notable polling client.jobs.wait_for_completion EXT/progress",),
    ),
    "progress ends at another value": (
        (("max: 100", "max: 1"),),
        ("notable polling client.jobs.wait_for_completion EXT/progress",),
    ),
    "the server is another": (
        (("https://{region}.gauges.test", "https://gauges.test/{region}"),),
        ("notable server Client(base_url) /servers/0/url",),
    ),
    "a variable of the server is another": (
        (("default: eu", "default: us"),),
        ("notable server Client(base_url) /servers/0/variables/region/default",),
    ),
    "there is a further server": (
        (("security:\n", "  - url: https://us.gauges.test\nsecurity:\n"),),
        ("compatible server Client(base_url) /servers/1/url",),
    ),
    "there is no server": (
        (
            (
                "servers:\n  - url: https://{region}.gauges.test\n"
                "    variables: {region: {default: eu}}\n",
                "",
            ),
        ),
        ("breaking server Client(base_url) /servers/0/url",),
    ),
    "a second key is gone": (
        (
            ("  - other: []\n", ""),
            ("\n    other: {type: apiKey, in: header, name: X-Gauge-Key}", ""),
        ),
        ("breaking credential Client(header_key) SCHEMES/other",),
    ),
    "a key is sent in another header": (
        (("name: X-Gauge-Key", "name: X-Key"),),
        ("notable credential Client(header_key) SCHEMES/other",),
    ),
    "a key is sent in the query": (
        (("in: header, name: X-Gauge-Key", "in: query, name: key"),),
        (
            "breaking credential Client(header_key) SCHEMES/other",
            "compatible credential Client(query_key) SCHEMES/other",
        ),
    ),
    "a key has a prefix": (
        (("name: X-Gauge-Key", 'name: X-Gauge-Key, x-prefix: "Token "'),),
        ("notable credential Client(header_key) SCHEMES/other",),
    ),
    "the first key is sent in another way": (
        (("type: http, scheme: bearer,", "type: apiKey, in: header, name: X-Api-Key,"),),
        (
            "breaking renamed Client(header_key) SCHEMES/other",
            "notable credential Client(api_key) SCHEMES/key",
        ),
    ),
    "a password is needed in place of a token": (
        (("scheme: bearer", "scheme: basic"),),
        ("breaking credential Client(api_key) SCHEMES/key",),
    ),
    "the environment variable is another": (
        (("GAUGES_API_KEY", "GAUGES_KEY"),),
        ("breaking variable Client(api_key) SCHEMES/key/x-environment-variable",),
    ),
    "no key is needed": (
        (("  - other: []\n", "  - other: []\n  - {}\n"),),
        ("compatible credential Client(api_key) /security",),
    ),
    "all keys are needed": (
        (("  - key: []\n  - other: []", "  - {key: [], other: []}"),),
        (
            "breaking credential Client(api_key) /security",
            "breaking renamed Client(header_key) SCHEMES/other",
        ),
    ),
    "the first poll is later": (
        (("initial: 1", "initial: 2"),),
        ("notable polling client.jobs.wait_for_completion EXT/polling/initial",),
    ),
    "polls get rarer faster": (
        (("multiplier: 2", "multiplier: 3"),),
        ("notable polling client.jobs.wait_for_completion EXT/polling/multiplier",),
    ),
    "polls get rarer": (
        (("maximum: 8", "maximum: 16"),),
        ("notable polling client.jobs.wait_for_completion EXT/polling/maximum",),
    ),
    "waits end sooner": (
        (("timeout: 60", "timeout: 30"),),
        ("breaking polling client.jobs.wait_for_completion(timeout) EXT/polling/timeout",),
    ),
    "waits end later": (
        (("timeout: 60", "timeout: 90"),),
        ("notable polling client.jobs.wait_for_completion(timeout) EXT/polling/timeout",),
    ),
    "a missing job ends a wait sooner": (
        ((", notFoundGrace: 5", ""),),
        ("breaking polling client.jobs.wait_for_completion(not_found_grace) EXT/polling",),
    ),
    "the provider calls its API otherwise": (
        (("2024-10-01", "2025-01-15 beta"),),
        ("compatible version PROVIDER.api_version /info/version",),
    ),
}
"""What is edited, and the severity, kind, name in Python and pointer of all that users notice.

A question mark is for what is guessed.
"""
REVERSED: Final[dict[str, tuple[str, ...]]] = {
    "a field may be null now": (
        "compatible retyped Reading.place SCHEMAS/Reading/properties/place",
    ),
    "an enum is any string": (
        "compatible retyped Reading.unit SCHEMAS/Reading/properties/unit",
        "compatible added Unit SCHEMAS/Unit",
    ),
    "a union has one more member": ("breaking removed Line SCHEMAS/Line",),
    "a schema is deprecated": (),
    "a job cannot be cancelled any more": (
        "compatible added client.jobs.cancel EXT/cancel",
        "compatible added client.jobs.wait_for_completion(on_timeout) EXT/cancel",
    ),
    "there are no jobs of a kind any more": (
        "compatible added client.tasks TASK/tags/0",
        "compatible added Task SCHEMAS/Task",
        "compatible added TaskState SCHEMAS/Task/properties/state",
    ),
    "no code of a failure is told": ("compatible response JobFailedError.code EXT/failure/code",),
    "no progress is told": ("compatible polling client.jobs.wait_for_completion EXT/progress",),
    "there is no server": ("compatible server Client(base_url) /servers/0/url",),
    "there is a further server": ("notable server Client(base_url) /servers/1/url",),
    "a second key is gone": ("compatible credential Client(header_key) SCHEMES/other",),
    "no key is needed": ("breaking credential Client(api_key) /security",),
    "all keys are needed": (
        "breaking renamed Client(other) SCHEMES/other",
        "compatible credential Client(api_key) /security",
    ),
    "a missing job ends a wait sooner": (
        "notable polling client.jobs.wait_for_completion(not_found_grace) "
        "EXT/polling/notFoundGrace",
    ),
}
"""The same from the edited document to the first one."""


def edited(edits: Edits) -> str:
    """The document with each of `edits` made once."""
    text = BASE
    for old, new in edits:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the document"
        text = text.replace(old, new)
    return text


@cache
def surface(edits: Edits) -> Surface:
    """What users see of the package of the edited document."""
    return draft(document(edited(edits), "gauges"))


@cache
def changes_of(name: str) -> list[Change]:
    """What users notice of a row of the table."""
    return compare(surface(()), surface(CHANGES[name][0]))


def judged(change: Change) -> str:
    """A change as the table has it."""
    pointer = change.place.pointer
    short = next((key for key, start in SHORT.items() if pointer.startswith(start)), "")
    pointer = short + pointer.removeprefix(SHORT.get(short, ""))
    return f"{change.severity} {change.kind}{'?' * change.guessed} {change.name} {pointer}"


def test_the_table_has_at_least_sixty_changes() -> None:
    assert len(CHANGES) >= 60


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_has_its_severity_its_pointer_and_its_name(name: str) -> None:
    assert [judged(change) for change in changes_of(name)] == [*CHANGES[name][1]]


@pytest.mark.parametrize("name", REVERSED)
def test_a_change_back_is_judged_by_itself(name: str) -> None:
    changes = compare(surface(CHANGES[name][0]), surface(()))

    assert [judged(change) for change in changes] == [*REVERSED[name]]


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_tells_the_line_of_what_its_pointer_names(name: str) -> None:
    edits, _ = CHANGES[name]
    texts = [edited(edits).splitlines(), BASE.splitlines()]

    for change in changes_of(name):
        key = change.place.pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
        number = change.place.line - 1
        lines = [text[number] for text in texts if number < len(text)]
        assert key.isdecimal() or any(key in line for line in lines), (change, lines)


def test_a_package_is_the_same_as_itself() -> None:
    assert compare(surface(()), surface(())) == []
