"""What the status words of other people's documents mean."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final, NamedTuple

PENDING: Final = "pending"
RUNNING: Final = "running"
SUCCEEDED: Final = "succeeded"
FAILED: Final = "failed"
CANCELLED: Final = "cancelled"


def vocabulary(words: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(words.split())


_SURE: Final = {
    PENDING: """
        accepted backlog created delayed enqueued in_queue initialized initialised initialization
        initializing initialising new not_started not_yet_started pending pending_start planned
        queue queued queueing queuing registered requested scheduled scheduling starting
        submitted submitting to_do todo unstarted wait waiting waiting_to_run
    """,
    RUNNING: """
        aborting analysing analyzing assembling booting building calculating cancel_pending
        cancel_requested canceling cancellation_requested cancelling chunking collecting compiling
        completing compressing computing converting copying crawling creating deleting deploying
        diarizing dispatching downloading embedding encoding evaluating executing exporting
        extracting fetching finalising finalizing fine_tuning finishing generating importing
        in_process in_progress in_training indexing ingesting loading merging migrating moving
        ocring ongoing optimising optimizing parsing partitioning performing post_processing
        postprocessing pre_processing preparing preprocessing process processing progress
        progressing provisioning publishing rebuilding reindexing rendering replicating requeued
        resizing restarting restoring resuming retry retrying rolling_back running saving scanning
        scoring scraping segmenting sending shutting_down started stopping streaming summarising
        summarizing syncing synchronizing terminating testing timing_out tokenizing training
        transcoding transcribing transforming translating unpacking updating uploading upscaling
        validating verifying working writing
    """,
    SUCCEEDED: """
        all_done complete completed completed_successfully done finish finished
        finished_successfully fulfilled passed succeed succeeded success successful
        successfully successfully_completed
    """,
    FAILED: """
        bad_request content_filtered content_moderated crash crashed declined denied err error
        errored exception fail failed failed_permanently failing failure fatal fault faulted
        internal_error invalid moderated nsfw out_of_memory permanently_failed processing_error
        processing_failed refused rejected request_moderated system_error time_out timed_out
        timeout timeouted unprocessable unsuccessful validation_failed
    """,
    CANCELLED: """
        cancel canceled canceled_by_user cancelled cancelled_by_user user_canceled user_cancelled
        withdrawn
    """,
}
_BY_WHOM: Final = "stopped by somebody, or broken off by a failure?"
_RESUMED: Final = "polled on until somebody resumes it"
_LOST: Final = "never finished, or finished and its result deleted?"
_PARTLY: Final = "is a part of the result enough?"
_HOW: Final = "it does not say how it ended"
_UNSURE: Final = {
    **dict.fromkeys(("aborted", "halted", "interrupted", "killed"), (CANCELLED, _BY_WHOM)),
    **dict.fromkeys(("revoked", "stopped", "terminated"), (CANCELLED, _BY_WHOM)),
    **dict.fromkeys(("discarded", "superseded", "voided"), (CANCELLED, _BY_WHOM)),
    **dict.fromkeys(("dead", "dead_letter", "lost", "preempted"), (FAILED, "is it tried again?")),
    **dict.fromkeys(("deleted", "expired", "purged", "removed"), (FAILED, _LOST)),
    **dict.fromkeys(("not_found", "missing"), (FAILED, "may it still appear after its start?")),
    **dict.fromkeys(("incomplete", "unfinished"), (FAILED, "or is it still going?")),
    **dict.fromkeys(("paused", "suspended", "on_hold", "held"), (RUNNING, _RESUMED)),
    **dict.fromkeys(("blocked", "stalled", "stuck", "throttled"), (RUNNING, _RESUMED)),
    **dict.fromkeys(("partial", "partially_completed", "partial_success"), (SUCCEEDED, _PARTLY)),
    **dict.fromkeys(("partially_succeeded", "partially_processed"), (SUCCEEDED, _PARTLY)),
    **dict.fromkeys(("partially_failed", "partial_failure"), (FAILED, _PARTLY)),
    **dict.fromkeys(("completed_with_errors", "completed_with_warnings"), (SUCCEEDED, _PARTLY)),
    "received": (PENDING, "by the provider, or by somebody at the end?"),
    **dict.fromkeys(("closed", "end", "ended", "exited"), (SUCCEEDED, _HOW)),
}
_WEAK: Final = vocabulary(
    """
    analysed analyzed available built calculated converted crawled delivered deployed downloaded
    encoded evaluated exported extracted generated imported indexed ok processed published ready
    rendered scanned scored sent summarised summarized synced trained transcoded transcribed
    translated uploaded validated verified
    """
)
"""Words that mean success where nothing else does, and else a step on the way."""

_PASSED_ON: Final = vocabulary(
    "available delivered downloaded published sent uploaded validated verified"
)
"""Those of them that say less of the work than of what became of its result."""

_HUMAN: Final = vocabulary(
    """
    action_required approval_required awaiting_approval awaiting_input input_required needs_action
    needs_input needs_review requires_action requires_confirmation requires_input skipped unknown
    unspecified none neutral
    """
)
"""Words that are left to a person, however like another they look."""

RESOURCE: Final = vocabulary(
    """
    active approved archived attached available banned beta closed connected degraded deleted
    delivered deprecated detached disabled disconnected draft enabled healthy hidden in_use inactive
    installed invited live locked maintenance off offline on online open operational overdue paid
    past_due private public published refunded retired shipped stable subscribed suspended
    trial trialing unavailable unhealthy uninstalled unlocked unpaid unpublished unsubscribed
    unverified verified void
    """
)
"""Words for what a thing is, rather than for how far a job has come."""

_AGAIN: Final = vocabulary("requeued restarting resuming retry retrying")
_NOUNS: Final = vocabulary("batch execution job operation run state status task")
_NEGATION: Final = frozenset({"cannot", "never", "no", "non", "not", "un", "without"})
_KNOWN: Final = {word: state for state, words in _SURE.items() for word in words.split()}
_TOGETHER: Final = {word.replace("_", ""): word for word in (*_KNOWN, *_UNSURE, *_WEAK, *_HUMAN)}
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BETWEEN: Final = re.compile(r"[^0-9a-z]+")
_PART: Final = "read by its part"
_STEP: Final = "a step before success, or one after it?"
_DECIDE: Final = "say what it means: pending, running, succeeded, failed or cancelled"


class Meaning(NamedTuple):
    """What a status word seems to mean."""

    state: str | None
    """None where a person has to decide."""
    doubt: str = ""
    """Why it is unsure, where it is."""


def meanings(words: Iterable[str]) -> dict[str, Meaning]:
    """What each of the words that one status can be means, judged together."""
    tokens = _without_affixes({word: split(word) for word in words})
    phrases = {word: _phrase(whole, rest) for word, (whole, rest) in tokens.items()}
    result = {word: _alone(phrase) for word, phrase in phrases.items()}
    strong = any(m.state == SUCCEEDED and phrases[w] in _KNOWN for w, m in result.items())
    read = [w for w, m in result.items() if m.state == SUCCEEDED and m.doubt.startswith(_PART)]
    if strong or len(read) > 1:
        result |= dict.fromkeys(read, Meaning(None, f"{_STEP} {_DECIDE}"))
    refusals = {"declined", "rejected"} & set(phrases.values())
    weak = [w for w, phrase in phrases.items() if phrase in _WEAK]
    for word, phrase in phrases.items():
        if phrase in _WEAK:
            result[word] = _weak(phrase, strong, len(weak))
        elif phrase == "active" and strong:
            result[word] = Meaning(RUNNING, "at work, or merely there?")
        elif phrase == "accepted" and refusals and not strong:
            result[word] = Meaning(None, f"taken on, or agreed to? {_DECIDE}")
    if not strong and not weak:
        # What ends like `dreamt` or `voiced` may be the success that nothing else is.
        ended = [w for w, m in result.items() if m.state is None and phrases[w].endswith("ed")]
        known = RESOURCE | _HUMAN | _KNOWN.keys()
        ended = [w for w in ended if phrases[w] not in known and "_" not in phrases[w]]
        if len(ended) == 1 and not any(m.state == SUCCEEDED for m in result.values()):
            result[ended[0]] = Meaning(SUCCEEDED, "read by its ending, as nothing else is success")
    return result


def split(word: str) -> tuple[str, ...]:
    """The parts of a word, in lower case: `InProgress`, `IN-PROGRESS` and `in progress` alike."""
    plain = unicodedata.normalize("NFKC", word)
    return tuple(filter(None, _BETWEEN.split(_CAMEL.sub(" ", plain).lower())))


def is_resource(word: str) -> bool:
    """Whether `word` says what a thing is, rather than how far a job has come."""
    return "_".join(split(word)) in RESOURCE


def _without_affixes(
    tokens: dict[str, tuple[str, ...]],
) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Each word's parts, and the same without what all words share, such as `JOB_STATE_`."""
    rest = list(tokens.values())
    for end in (0, -1):
        while len(rest) > 1 and all(len(parts) > 1 for parts in rest):
            if len({parts[end] for parts in rest}) > 1:
                break
            rest = [parts[1:] if end == 0 else parts[:-1] for parts in rest]
    return {word: (parts, rest[i]) for i, (word, parts) in enumerate(tokens.items())}


def _phrase(whole: tuple[str, ...], rest: tuple[str, ...]) -> str:
    ends = (rest[rest[0] in _NOUNS :], rest[: -1 if rest[-1] in _NOUNS else None]) if rest else ()
    for parts in (whole, rest, *ends):
        if phrase := _TOGETHER.get("".join(parts)):
            return phrase
    return "_".join(rest)


def _alone(phrase: str) -> Meaning:
    if phrase in _KNOWN:
        return Meaning(_KNOWN[phrase])
    if phrase in _UNSURE:
        return Meaning(*_UNSURE[phrase])
    if phrase in _HUMAN or phrase in RESOURCE:
        return Meaning(None, _DECIDE)
    parts = phrase.split("_")
    hits: list[tuple[str, str]] = []
    for i in range(len(parts)):
        pair = "_".join(parts[i : i + 2])
        key = pair if pair in _KNOWN or pair in _UNSURE else parts[i]
        if key in _HUMAN or (key in _NEGATION and "_" not in key):
            return Meaning(None, _DECIDE)
        if key in _KNOWN or key in _UNSURE:
            hits.append((key, _KNOWN[key] if key in _KNOWN else _UNSURE[key][0]))
        elif key == "awaiting":
            hits.append((key, PENDING))
    states = {state for _, state in hits}
    if hits and not {SUCCEEDED, FAILED} <= states:
        failed = [hit for hit in hits if hit[1] == FAILED]
        # `failed_converting` failed, and `failed_retrying` goes on.
        key, state = failed[-1] if failed and hits[-1][0] not in _AGAIN else hits[-1]
        return Meaning(state, f"{_PART} `{key}`")
    if phrase.startswith("pending"):
        return Meaning(PENDING, "read by its beginning")
    if not hits and len(parts) == 1 and len(phrase) > 5 and phrase.endswith("ing"):
        return Meaning(RUNNING, "read by its ending as still going")
    return Meaning(None, _DECIDE)


def _weak(phrase: str, strong: bool, count: int) -> Meaning:
    if not strong and count == 1:
        doubt = "the end, as no other word is, or a step on the way?"
        return Meaning(SUCCEEDED, doubt if phrase in _PASSED_ON else "")
    if not strong:
        return Meaning(None, f"the end, or a step on the way to another word? {_DECIDE}")
    if phrase == "ready":
        return Meaning(PENDING, "ready to be started, as another word is the success?")
    return Meaning(None, f"{_STEP} {_DECIDE}")
