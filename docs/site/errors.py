"""The page of the errors: the tree, and what each of them has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import jobwait
from jobwait import JobwaitError

HEAD: Final = """\
# Errors

Every error that a client, a wait or a checkpoint raises is a `JobwaitError`. Catch what you can do
something about, and let the rest go up.

"""
MIDDLE: Final = """
What is not known where an error arises is `None`, or 0 for counts. All errors pickle. No error, and
no traceback of one, shows a key.

| attribute | what it is |
|---|---|
| `provider` | the provider's name, as in `docurift` |
| `job_id` | the job that was asked for |
| `job` | the last typed job that the wait saw |
| `polls` | status requests that the wait had sent |
| `elapsed` | seconds since the wait began |
| `last_error` | the last request of the wait that gave no answer |

"""


def page() -> str:
    """The text of the page."""
    tree = "\n".join(_tree(JobwaitError))
    listed = "\n\n".join(f"::: jobwait.{cls.__name__}" for cls in _classes(JobwaitError))
    return f"{HEAD}```text\n{tree}\n```\n{MIDDLE}{listed}\n"


def _tree(cls: type[JobwaitError], prefix: str = "", branch: str = "") -> Iterator[str]:
    also = [base.__name__ for base in cls.__bases__ if not issubclass(base, JobwaitError)]
    known = f" (also {', '.join(also)})" if also and cls is not JobwaitError else ""
    yield f"{prefix}{branch}{cls.__name__}{known}"
    below = prefix + {"": "", "├── ": "│   ", "└── ": "    "}[branch]
    children = _children(cls)
    for child in children:
        yield from _tree(child, below, "└── " if child is children[-1] else "├── ")


def _classes(cls: type[JobwaitError]) -> Iterator[type[JobwaitError]]:
    yield cls
    for child in _children(cls):
        yield from _classes(child)


def _children(cls: type[JobwaitError]) -> list[type[JobwaitError]]:
    found: list[type[JobwaitError]] = []
    for child in cls.__subclasses__():
        if getattr(jobwait, child.__name__, None) is child:
            found.append(child)
        elif child.__name__.startswith("_"):
            # Its subclasses are public, and inherit what it has.
            found += _children(child)
    return found
