"""Everything that users of the old package should know of the new one, each thing once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..document.pointer import tokens
from ..document.values import Mapping, mapping
from ..model.names import field_name, literal, method_name
from .breakages import breakages
from .change import Change, Kind, Severity, change
from .clients import compare_clients
from .names import Names, compare_names
from .resources import compare_resources
from .surface import Surface


def compare(old: Surface, new: Surface) -> list[Change]:
    """What has changed between two packages, the worst first, and then as in the document."""
    order = [*Severity]
    changes = sorted(_changes(old, new), key=lambda c: (order.index(c.severity), c.place, c.name))
    if old.code.package != new.code.package:
        text = f"renamed to `{new.code.package}`; import that"
        place = new.place("")
        changes.insert(0, change(Severity.BREAKING, Kind.RENAMED, old.code.package, place, text))
    return changes


def _changes(old: Surface, new: Surface) -> Iterator[Change]:
    names = compare_names(old, new)
    pairs = [(own, names.renamed.get(own, own)) for own in old.operations]
    pairs = [(own, other) for own, other in pairs if other in new.operations]
    known = [*compare_clients(old, new)]
    for own, other in pairs:
        known += compare_resources(old, new, own, other)
    explained = {item.name for item in known} | _implied(known, names, old, new)
    explained |= {f"Client({c.parameter})" for s in (old, new) for c in s.api.credentials}
    known += _deprecated(old, new)
    known += _keys(old, new)
    yield from known
    # A class may have a word for its status that is new, and a new name as well.
    new_names = [c for c in names.changes if c.kind is Kind.RENAMED and "." not in c.name]
    remaining = [c for c in names.changes if c.name not in explained or c in new_names]
    yield from _once(_without_unions(remaining, known, names))
    explained |= {item.name for item in names.changes} | names.gone
    explained |= {*names.renamed, *names.renamed.values()}
    for item in breakages(old, new):
        if not _is_explained(item.name, explained):
            explained.add(item.name)
            yield item


def _implied(changes: Iterable[Change], names: Names, old: Surface, new: Surface) -> set[str]:
    """The names that change because a status word or an id does."""
    result: set[str] = set()
    operations = [pair for surface in (old, new) for pair in surface.operations.values()]
    pointers = {waiting.status for _, waiting in operations if waiting.status}
    attributes = [field_name(tokens(pointer)[-1]) for pointer in pointers]
    ids = tuple(f"({operation.request.parameter})" for operation, _ in operations)
    for item in changes:
        if item.kind is Kind.STATUS:
            for owner in (item.name, names.renamed.get(item.name)):
                result |= {f"{owner}.{attribute}" for attribute in attributes}
        elif item.kind is Kind.ID:
            resource = item.name.partition("(")[0].rpartition(".")[0]
            both = [*old.code.names, *new.code.names]
            result |= {n for n in both if n.startswith(f"{resource}.") and n.endswith(ids)}
    return result


def _without_unions(
    changes: list[Change], known: Iterable[Change], names: Names
) -> Iterator[Change]:
    """The changes without those of unions that others explain: a member that went or came."""
    kinds = (Kind.REMOVED, Kind.RENAMED)
    explained = {item.name for item in known if item.kind is Kind.STATUS}
    explained |= {item.name for item in changes if item.kind in kinds}
    for item in changes:
        members = names.unions.get(item.name)
        if not members or not members <= explained:
            yield item


def _once(changes: Iterable[Change]) -> Iterator[Change]:
    """The changes, with one for a parameter that all methods of a resource have in common."""
    seen: set[tuple[str, str, Kind]] = set()
    for item in changes:
        method, _, parameter = item.name.partition("(")
        key = method.rpartition(".")[0], parameter, item.kind
        if not parameter or key not in seen:
            seen.add(key)
            yield item


def _is_explained(name: str, explained: set[str]) -> bool:
    """Whether a name, or what it belongs to, is among those that are told of."""
    while name:
        if name in explained:
            return True
        name = name.rpartition("(" if name.endswith(")") else ".")[0]
    return False


def _keys(old: Surface, new: Surface) -> Iterator[Change]:
    """Fields whose names in Python stay, but not their keys in JSON."""
    for name in new.pointers.keys() & old.pointers.keys():
        before, after = tokens(old.pointers[name]), tokens(new.pointers[name])
        is_field = before[-2:-1] == after[-2:-1] == ["properties"] and "." in name
        if is_field and before[-1] != after[-1]:
            text = f"is read from the key {literal(after[-1])}, was from {literal(before[-1])}"
            place = new.place(new.pointers[name])
            yield change(Severity.NOTABLE, Kind.RESPONSE, name, place, text)


def _deprecated(old: Surface, new: Surface) -> Iterator[Change]:
    for name in new.pointers.keys() & old.pointers.keys():
        before = mapping(old.document.at(old.pointers[name]))
        yield from _deprecation(name, before, new, new.pointers[name])
    for resource in new.operations.keys() & old.operations.keys():
        (was, _), (now, _) = old.operations[resource], new.operations[resource]
        method = method_name(now.request.operation_id, now.tag)
        yield from _deprecation(f"{resource}.{method}", was.value, new, now.pointer)


def _deprecation(name: str, before: Mapping, surface: Surface, pointer: str) -> Iterator[Change]:
    after = mapping(surface.document.at(pointer))
    if after.get("deprecated") is True and before.get("deprecated") is not True:
        place = surface.place(f"{pointer}/deprecated")
        text = "deprecated: the provider may remove it"
        yield change(Severity.NOTABLE, Kind.DEPRECATED, name, place, text)
