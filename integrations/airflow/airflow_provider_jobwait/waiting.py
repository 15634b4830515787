"""What the operator, the sensor and the trigger have in common."""

from __future__ import annotations

import ast
import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from airflow_provider_jobwait.hooks.jobwait import JobwaitHook
from jobwait import JobwaitError, Unset, Wait, wait_for_completion

CANCELLING: Final = 20
"""Jobs that are cancelled at a time."""
CANCEL_TIME: Final = 30.0
"""Seconds for cancelling all jobs of a task."""


def resumed(
    hook: JobwaitHook, job_ids: Iterable[Any], started: float, timeout: float | None
) -> list[Wait]:
    """The waits for jobs that began at some time.

    Raises:
        InvalidArgumentError: An id cannot be one of this provider.
    """
    due = max(started, time.time())
    first = Wait(hook.provider.name, hook.waitable.operation, "", started, timeout, due)
    # Through JSON, where an id has the type that the provider's client takes.
    return [Wait.from_dict(first._replace(job_id=job_id).to_dict()) for job_id in job_ids]


def started(
    hook: JobwaitHook, job_ids: Any, timeout: float | timedelta | Unset | None
) -> list[Wait]:
    """The waits for jobs that begin now.

    Args:
        job_ids: One, several, or the text that a template made of several.

    Raises:
        ValueError: There are none, or one cannot be an id of this provider.
        ConfigurationError: The connection has no key.
    """
    limit = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout
    typed = [wait.job_id for wait in resumed(hook, ids(job_ids), time.time(), None)]
    with hook.get_conn() as client:
        resource = hook.waitable.resource(client)
        return [Wait.start(resource, job_id, timeout=limit) for job_id in typed]


def ids(value: Any) -> list[Any]:
    """Job ids as a task is given them.

    Raises:
        ValueError: There are none.
    """
    value = _listed(value)
    if value is None or value in ("", "None"):
        raise ValueError("job_ids is empty: does the task before return the ids of its jobs?")
    return [value] if isinstance(value, (str, int, UUID)) else list(value)


def names(value: Any) -> list[str]:
    """The fields of a job as a task is given them: one, several, or a template's text of them."""
    value = _listed(value)
    return [value] if isinstance(value, str) else list(value)


def _listed(value: Any) -> Any:
    """A list, where a template made text of it: render_template_as_native_obj may not be set."""
    if isinstance(value, str) and value.strip().startswith("["):
        with suppress(SyntaxError, ValueError):
            return ast.literal_eval(value.strip())
    return value


async def cancel(hook: JobwaitHook, waits: Iterable[Wait]) -> None:
    """Cancel what has not ended of some jobs, where the provider can."""
    async with await hook.get_async_conn() as client:
        resource = hook.waitable.resource(client)
        if resource.operation.cancel is None:
            return
        turns = asyncio.Semaphore(CANCELLING)

        async def cancel_one(wait: Wait) -> None:
            async with turns:
                with suppress(JobwaitError):
                    options: Any = {"timeout": 0, "on_timeout": "cancel"}
                    await wait_for_completion(resource, wait.job_id, **options)

        with suppress(TimeoutError):
            async with asyncio.timeout(CANCEL_TIME):
                await asyncio.gather(*map(cancel_one, waits))
