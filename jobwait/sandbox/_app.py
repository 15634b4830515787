"""The ASGI application: every provider under its name, and the control endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import BaseModel, Discriminator, Tag, TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp

from ._document import explain
from ._guard import Guard, Lock, Token
from ._jobs import PlayedJob, Store
from ._payload import with_id
from ._types import (
    Fault,
    FaultKind,
    Faults,
    JobId,
    LogEntry,
    Outcome,
    SandboxError,
    SandboxJob,
    State,
)
from ._wire import RawAnswer, connection, documented, faulty


def _fault_tag(value: object) -> str:
    return "random" if isinstance(value, Mapping) and "rate" in value else "fault"


class JobRequest(BaseModel, extra="forbid"):
    """The body of `POST /_control/jobs`: the arguments of `Sandbox.create_job`."""

    provider: str
    seconds: float = 2.0
    outcome: Outcome = "succeeded"
    faults: list[
        Annotated[
            Annotated[Fault, Tag("fault")] | Annotated[Faults, Tag("random")],
            Discriminator(_fault_tag),
        ]
    ] = []


_JOB: Final = TypeAdapter(SandboxJob)
_LOG: Final = TypeAdapter(list[LogEntry])
_LARGEST_BODY: Final = 1_000_000
_LOGGED: Final = 1000
"""How many characters of a method or a path the log keeps."""


def build(store: Store, api_key: str, token: Token) -> ASGIApp:
    """Return the application that plays the jobs of a store, and is controlled with a token."""
    control = Control(store, api_key)
    stages = {name: Stage(name, store, api_key) for name in store.playbooks}

    async def error(request: Request, exception: Exception) -> Response:
        if not isinstance(exception, HTTPException):
            exception = HTTPException(500, f"the sandbox failed: {exception!r}")
        stage = stages.get(request.scope["path"].removeprefix("/").split("/")[0])
        if stage is not None:
            return stage.outside(request, exception)
        return JSONResponse({"error": exception.detail}, exception.status_code, exception.headers)

    application = Starlette(
        routes=[
            Route("/", control.index),
            Mount("/_control", Lock(control.router(), token)),
            *(stage.route() for stage in stages.values()),
        ],
        exception_handlers={HTTPException: error, Exception: error},
    )
    application.router.redirect_slashes = False
    return Guard(application)


class Control:
    """What the sandbox says of itself, and does when asked over HTTP."""

    def __init__(self, store: Store, api_key: str) -> None:
        self.store: Final = store
        self.api_key: Final = api_key

    def router(self) -> Router:
        """Return the routes that only the holder of the token reaches."""
        return Router(
            [Route("/jobs", self.create, methods=["POST"]), Route("/log", self.log)],
            redirect_slashes=False,
        )

    async def index(self, request: Request) -> Response:
        """Tell what this is and how to use it."""
        return JSONResponse(
            {
                "name": "jobwait sandbox",
                "api_key": self.api_key,
                "control": {
                    "create a job": "POST /_control/jobs",
                    "log": "GET /_control/log",
                    "needs": "Authorization: Bearer TOKEN, the token that was printed at the start",
                },
                "providers": {
                    name: {
                        "title": self.store.providers[name].title,
                        "base_url": self.store.url(name),
                        "job": playbook.path,
                        "outcomes": playbook.outcomes(),
                    }
                    for name, playbook in self.store.playbooks.items()
                },
                "unplayable": {name: str(why) for name, why in self.store.unplayable.items()},
            }
        )

    async def create(self, request: Request) -> Response:
        """Create a job from a JobRequest."""
        try:
            wanted = JobRequest.model_validate_json(await _body(request))
            job = self.store.add(
                wanted.provider,
                seconds=wanted.seconds,
                outcome=wanted.outcome,
                faults=wanted.faults,
            )
        except ValidationError as error:
            return JSONResponse({"error": explain(error)}, 422)
        except SandboxError as error:
            return JSONResponse({"error": str(error)}, 422)
        return JSONResponse(_JOB.dump_python(job, mode="json"), 201)

    async def log(self, request: Request) -> Response:
        """Return the requests to providers so far, oldest first."""
        entries = list(self.store.entries())
        return JSONResponse({"requests": _LOG.dump_python(entries, mode="json")})


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_BODY:
            problem = f"the body is above {_LARGEST_BODY} bytes"
            raise HTTPException(413, problem, {"connection": "close"})
    return bytes(body)


class Stage:
    """One provider as it is played: credentials, ids, jobs and faults, all logged."""

    def __init__(self, name: str, store: Store, api_key: str) -> None:
        self.name: Final = name
        self.store: Final = store
        self.api_key: Final = api_key
        self.playbook: Final = store.playbook(name)

    def route(self) -> Route:
        """Return the route of the job endpoint."""
        kind = "{id:path}" if self.playbook.slashes else "{id}"
        route = Route(f"/{self.name}{self.playbook.path.replace('{id}', kind)}", self.poll)
        # Starlette adds HEAD to GET, and that would poll the job and use up a fault.
        route.methods = {"GET"}
        return route

    async def poll(self, request: Request) -> Response | RawAnswer:
        """Answer one request for the status of a job."""
        if not self._accepts(request):
            return self._refuse(request, 401)
        text: str = request.path_params["id"]
        job_id = self.playbook.parse_id(text)
        if job_id is None:
            return self._refuse(request, self.playbook.bad_id_status, text)
        played = self.store.find(self.name, job_id)
        if played is None:
            return self._refuse(request, 404, text)
        return self._play(request, played)

    def outside(self, request: Request, error: HTTPException) -> Response:
        """Answer a request that no route takes: a wrong method or path."""
        if error.status_code != 404:
            self._record(request, error.status_code)
            return JSONResponse({"error": error.detail}, error.status_code, error.headers)
        return self._refuse(request, 404 if self._accepts(request) else 401)

    def _play(self, request: Request, played: PlayedJob) -> Response | RawAnswer:
        now = self.store.now()
        age = now - played.began
        fault = played.strike(age)
        moment = played.moment(age, self.store.at(played.began))
        answer = (
            documented(self.playbook, 200, moment.body)
            if fault is None
            else faulty(fault, played, moment, self.store.at(now))
        )
        self._record(
            request,
            answer.status_code,
            job_id=played.job.id,
            poll=played.polls,
            state=moment.state,
            fault=fault.kind if fault else None,
        )
        return answer

    def _refuse(self, request: Request, status: int, text: str = "") -> Response:
        """Return a documented error, with the id that was asked for in place of the example's."""
        self._record(request, status)
        body = self.playbook.answer(status).body
        if text:
            body = with_id(body, self.playbook.example_id, text)
        return documented(self.playbook, status, body)

    def _record(
        self,
        request: Request,
        status: int | None,
        *,
        job_id: JobId | None = None,
        poll: int | None = None,
        state: State | None = None,
        fault: FaultKind | None = None,
    ) -> None:
        self.store.record(
            LogEntry(
                time=self.store.now(),
                method=request.method[:_LOGGED],
                path=request.scope["path"][:_LOGGED],
                provider=self.name,
                job_id=job_id,
                poll=poll,
                state=state,
                status=status,
                fault=fault,
                connection=connection(request.scope).number,
            )
        )

    def _accepts(self, request: Request) -> bool:
        schemes = self.playbook.schemes
        return not schemes or any(
            scheme.holds(
                (request.query_params if scheme.in_query else request.headers).get(scheme.name, ""),
                self.api_key,
            )
            for scheme in schemes
        )
