"""Trying a proposal out: what no package can be made with is not proposed.

All is tried at once, as it mostly is good. Otherwise each half is, and so on, until what is refused
is found; after a number of trials, what is not known to be good is left out as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple, TypeAlias

from .overlay import WRITTEN, Draft, Proposal, overlay

Refuses: TypeAlias = Callable[[str], str]
"""Why no package can be made with the text of an overlay; empty if one can."""

_TRIALS: Final = 24


class _Part(NamedTuple):
    """Something that an overlay can do without."""

    operation: str
    key: str = ""
    """An alternative of a proposal, or the whole of it."""


class _Trials:
    """Trials of what a draft would be with some of its parts alone."""

    def __init__(self, draft: Draft, refuses: Refuses) -> None:
        self._draft = draft
        self._refuses = refuses
        self._left = _TRIALS
        self.reasons: dict[_Part, str] = {}
        """Why parts were left out."""

    def good(self, base: list[_Part], parts: Sequence[_Part]) -> list[_Part]:
        """`base`, and those of `parts` with which it can be made."""
        if not parts:
            return base
        if self._left <= 0:
            self.reasons |= dict.fromkeys(parts, "there was no time to try it")
            return base
        self._left -= 1
        reason = self._refuses(overlay(limited(self._draft, [*base, *parts]), for_trial=True))
        if not reason:
            return [*base, *parts]
        if len(parts) == 1:
            self.reasons[parts[0]] = reason
            return base
        half = len(parts) // 2
        return self.good(self.good(base, parts[:half]), parts[half:])


def settled(draft: Draft, refuses: Refuses) -> Draft:
    """A draft without what is refused; a proposal that is refused whole is told as left out.

    Where all proposals are refused, the first reason stands beside them instead.
    """
    trials = _Trials(draft, refuses)
    everything = [*_wholes(draft.proposals), *_alternatives(draft.proposals)]
    doubtful = draft.doubtful[:WRITTEN]
    everything += [*_wholes(doubtful), *_alternatives(doubtful)]
    if not everything or not refuses(overlay(draft, for_trial=True)):
        return draft
    kept = trials.good([], _wholes(draft.proposals))
    if draft.proposals and not kept:
        reason = f"the generator refuses this: {next(iter(trials.reasons.values()))}"
        proposals = [replace(p, doubts=[*p.doubts, reason]) for p in draft.proposals]
        return replace(draft, proposals=[_bare(p) for p in proposals], doubtful=[])
    kept = trials.good(kept, _alternatives(_of(draft.proposals, kept)))
    kept = trials.good(kept, _wholes(doubtful))
    kept = trials.good(kept, _alternatives(_of(doubtful, kept)))
    whole = [(part, reason) for part, reason in trials.reasons.items() if not part.key]
    passed = [(part.operation, f"the generator refuses it: {reason}") for part, reason in whole]
    return replace(limited(draft, kept), passed=[*passed, *draft.passed])


def limited(draft: Draft, kept: Sequence[_Part]) -> Draft:
    """A draft with some of its parts alone."""
    return replace(
        draft,
        proposals=[_only(p, kept) for p in _of(draft.proposals, kept)],
        doubtful=[_only(p, kept) for p in _of(draft.doubtful, kept)],
    )


def _wholes(proposals: Sequence[Proposal]) -> list[_Part]:
    return [_Part(proposal.operation) for proposal in proposals]


def _alternatives(proposals: Sequence[Proposal]) -> list[_Part]:
    return [_Part(p.operation, key) for p in proposals for key in _keys(p)]


def _keys(proposal: Proposal) -> list[str]:
    """What a proposal can do without."""
    keys = list(proposal.alternatives)
    return [*keys, *(["progress"] * bool(proposal.progress)), *(["polling"] * bool(proposal.pace))]


def _of(proposals: Sequence[Proposal], kept: Sequence[_Part]) -> list[Proposal]:
    return [proposal for proposal in proposals if _Part(proposal.operation) in kept]


def _only(proposal: Proposal, kept: Sequence[_Part]) -> Proposal:
    """A proposal with those alternatives alone that are kept."""
    for key in _keys(proposal):
        if _Part(proposal.operation, key) not in kept:
            proposal = _without(proposal, key)
    return proposal


def _without(proposal: Proposal, key: str) -> Proposal:
    if key == "progress":
        return replace(proposal, progress="")
    return replace(proposal, pace=None) if key == "polling" else proposal.without(key)


def _bare(proposal: Proposal) -> Proposal:
    return _only(proposal, [])
