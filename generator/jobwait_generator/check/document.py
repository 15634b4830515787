"""What a document must be; every problem is found, not only the first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, Protocol, cast

from ..document.document import EXTENSION, SCHEMA, Document, is_provider, operations
from ..document.document import METHODS as OPERATIONS
from ..document.pointer import escaped, local_pointer, tokens
from ..document.values import Mapping, is_mapping, is_sequence, mapping, sequence
from ..model.api import (
    LINKS,
    POLLING,
    VARIABLE,
    claims,
    credentials,
    links,
    requirements,
    result_sources,
)
from ..model.names import (
    CLIENT,
    METHODS,
    TAKEN,
    class_name,
    field_name,
    identifier,
    members,
    method_name,
    resources,
)
from ..model.requests import body_format, parameters_of, parts_of, response_schema
from ..model.schemas import (
    COMBINED,
    REF,
    Place,
    resolve,
    status_words,
    types_of,
    union_parts,
    variants,
)
from ..parse.shape import Shape
from ..problems import Problem, prose, shown

_VERSION: Final = re.compile(r"[0-9]+(\.[0-9]+)*((a|b|rc)[0-9]+)?(\.post[0-9]+)?(\.dev[0-9]+)?")
_SERVER: Final = re.compile(r"https?://[A-Za-z0-9.-]+(:([0-9]{1,5}))?(/[A-Za-z0-9._~/-]*)?")
_VALUE: Final = re.compile(r"[!-~]+( [!-~]+)*")
_PATH: Final = re.compile(r"(/([A-Za-z0-9._~:@!$&'()*+,;=-]|\{[A-Za-z_][A-Za-z0-9_-]*\})*)+")
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OWN_HEADERS: Final = frozenset(
    {"connection", "content-length", "host", "transfer-encoding", "upgrade"}
)
_ENVIRONMENT: Final = re.compile(r"[A-Z_][A-Z0-9_]*")
_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_UNSUPPORTED: Final = ("$dynamicRef", "patternProperties", "prefixItems")
_BESIDE_REF: Final = frozenset(
    {"$comment", "$ref", "default", "deprecated", "description", "example", "examples", "title"}
)
_PATH_ITEM: Final = frozenset({"description", "parameters", "summary", *OPERATIONS})
_NAMED: Final = frozenset(
    {
        *("content", "headers", "parameters", "paths", "properties", "responses", "schemas"),
        "securitySchemes",
    }
)
"""Keys above mappings whose own keys are names, be they such as `default`."""


def check(document: Document) -> list[Problem]:
    """Every problem of `document`."""
    checker = _Checker(document)
    checker.root()
    if checker.problems:
        return checker.problems
    try:
        checker.references()
        checker.components()
        checker.operations()
        checker.credentials()
    except RecursionError:
        # The circle is told already; what leads into it cannot be looked at.
        if not checker.problems:
            raise
    return checker.problems


def check_names(document: Document, shape: Shape) -> list[Problem]:
    """Schemas that cannot all have the class they are called after."""
    checker = _Checker(document)
    tags = [tag for _, _, operation in operations(document) for tag in operation["tags"]]
    own = [*TAKEN, *(name for tag in tags for name in resources(tag))]
    taken = dict.fromkeys(own, "the package itself")
    for key, pointer in shape.sources.items():
        name = class_name(key)
        names = list(dict.fromkeys([name, key]))
        if "discriminator" in shape.schemas[key]:
            names.append(f"Unknown{name}")
        for name in names:
            if name in taken:
                checker.add(
                    pointer, f"its class {name} is already that of {taken[name]}; rename it"
                )
            taken[name] = key
    return checker.problems


def check_alike(documents: list[Document], others: dict[str, dict[str, str]]) -> list[Problem]:
    """Documents that claim what another one does; `others` are claims by file."""
    first = {
        (pointer.rpartition("/")[2], word): file
        for file, claimed in others.items()
        for pointer, word in claimed.items()
    }
    problems: list[Problem] = []
    for document in documents:
        for pointer, word in sorted(claims(document).items()):
            kind = pointer.rpartition("/")[2], word
            other = first.setdefault(kind, document.source.label)
            if other != document.source.label:
                message = f"this is also that of {other}; give each its own"
                problems.append(document.problem(pointer, message))
    return problems


class _Violation(Protocol):
    """What this needs of a `jsonschema.ValidationError`."""

    @property
    def message(self) -> str: ...
    @property
    def validator(self) -> str: ...
    @property
    def absolute_path(self) -> Iterable[str | int]: ...
    @property
    def schema(self) -> Any: ...


class _Validator(Protocol):
    def iter_errors(self, instance: Any, /) -> Iterable[_Violation]: ...


class _Checker:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []
        self._unions: dict[str, str] = {}

    def add(self, pointer: str, message: str) -> None:
        self.problems.append(self.document.problem(pointer, message))

    def root(self) -> None:
        if not is_provider(self.document.name):
            self.add("", "name the file after the provider, in lower case: `docurift.yaml`")

    def references(self) -> None:
        """Every `$ref` leads somewhere in this document."""
        for reference, pointer in _references(self.document.data, ""):
            target = local_pointer(reference)
            if target is None:
                message = "leads out of this document; copy what it means into `components`"
            elif self.document.follow(target)[0] == {} and self.document.at(target) != {}:
                message = "leads nowhere; correct it, or add what it names"
            elif target.startswith("/components/schemas/") and target.count("/") > 3:
                message = "leads into a schema; give that part a key of its own in `components`"
            else:
                continue
            self.add(f"{pointer}/$ref", f"the reference {shown(reference)} {message}")

    def components(self) -> None:
        data = self.document.data
        info = mapping(data.get("info"))
        if not isinstance(info.get("title"), str) or not info["title"].strip():
            self.add("/info/title", "add a title: the provider's name")
        version = info.get("version")
        if not isinstance(version, str) or not _VERSION.fullmatch(version):
            message = "write the package's version in quotes, such as `version: 1.0.0`"
            self.add("/info/version", message)
        servers = sequence(data.get("servers"))
        url = mapping(servers[0]).get("url") if servers else None
        if url is None:
            if self.document.strict:
                self.add("/servers", "add `servers` with the URL that requests go to")
        elif not (found := _SERVER.fullmatch(str(url))) or int(found[2] or 0) > 65535:
            message = "write a whole URL without variables or query: https://api.example.com"
            self.add("/servers/0/url", message)
        for key in mapping(mapping(data.get("components")).get("schemas")):
            pointer = f"/components/schemas/{escaped(key)}"
            if not _KEY.fullmatch(key):
                self.add(pointer, "a component's key has letters, digits, `_` and `-` only")
            try:
                resolve(self.document, Place({}, pointer), [])
                self._spell(pointer)
            except RecursionError:
                message = "contains itself other than through a property; break the circle"
                self.add(pointer, message)
            self.schema(pointer)

    def schema(self, pointer: str) -> None:
        """A schema, and those in it."""
        schema = mapping(self.document.at(pointer))
        if "$ref" in schema:
            for key in schema:
                if key not in _BESIDE_REF and not key.startswith("x-"):
                    message = f"beside a `$ref` {shown(key)} is lost; write an `anyOf` of both"
                    self.add(f"{pointer}/{escaped(key)}", message)
            return
        for key in _UNSUPPORTED:
            if key in schema:
                self.add(f"{pointer}/{key}", f"`{key}` is not supported; describe it without")
        if schema.get("type") == []:
            self.add(f"{pointer}/type", "list at least one type, or leave `type` out")
        if "properties" in schema and any(
            kind not in ("object", "null") for kind in types_of(schema)
        ):
            self.add(f"{pointer}/type", "what has `properties` is an object; write `type: object`")
        known = _property_names(self.document, pointer)
        for i, wire in enumerate(sequence(schema.get("required"))):
            if str(wire) not in known:
                message = f"there is no property {shown(wire)} here; correct one of the two"
                self.add(f"{pointer}/required/{i}", message)
        self._combined(schema, pointer)
        names: dict[str, str] = {}
        for wire in mapping(schema.get("properties")):
            name = field_name(wire)
            place = f"{pointer}/properties/{escaped(wire)}"
            if name in names and self.document.strict:
                message = f"is called {name} in Python, as {shown(names[name])} is; rename one"
                self.add(place, f"the property {shown(wire)} {message}")
            names[name] = wire
        if "enum" in schema and schema.get("type") != "boolean":
            self._enum(schema, pointer)
        if "discriminator" in schema:
            self._union(Place(schema, pointer))
        elif len(list(_object_parts(self.document, Place(schema, pointer)))) > 1:
            message = "several objects cannot be told apart; add a `discriminator` with a mapping"
            self.add(pointer, message)
        for name in mapping(schema.get("properties")):
            self.schema(f"{pointer}/properties/{escaped(name)}")
        for place in _parts(schema, pointer):
            self.schema(place)

    def _spell(self, pointer: str) -> None:
        """Go through all that a type is spelt with, which ends at a class; never in a circle."""
        schema, pointer = self.document.follow(pointer)
        if "properties" not in schema:
            for place in _parts(schema, pointer):
                self._spell(place)

    def _combined(self, schema: Mapping, pointer: str) -> None:
        """Schemas are combined in ways that both tools read alike."""
        used = [key for key in ("properties", *COMBINED) if schema.get(key)]
        if len(used) > 1 and used != ["properties", "allOf"]:
            self.add(f"{pointer}/{used[1]}", f"stands beside `{used[0]}`; use one of the two")
        parts = sequence(schema.get("allOf"))
        if len(parts) == 1 and "$ref" in mapping(parts[0]) and "properties" not in schema:
            return  # Only another name for it.
        for i in range(len(parts)):
            part, _ = self.document.follow(f"{pointer}/allOf/{i}")
            if "properties" not in part and "allOf" not in part:
                message = "`allOf` joins objects that have `properties`; describe it otherwise"
                self.add(f"{pointer}/allOf/{i}", message)

    def _enum(self, schema: Mapping, pointer: str) -> None:
        values = [value for value in sequence(schema["enum"]) if value is not None]
        # `type`, because a boolean is an integer to `isinstance`.
        if not values or not any(all(type(v) is kind for v in values) for kind in (str, int)):
            self.add(f"{pointer}/enum", "list values that are all strings or all integers")
            return
        given = schema.get("x-enum-varnames", [])
        if not is_sequence(given) or len(given) not in (0, len(values)):
            message = f"list {len(values)} names, one per value"
            self.add(f"{pointer}/x-enum-varnames", message)
            return
        seen: dict[str, Any] = {}
        names = members(values, [str(name) for name in given])
        for i, (name, value) in enumerate(zip(names, values, strict=True)):
            if (name in seen and self.document.strict) or not name.isidentifier():
                message = f"{shown(value)} cannot be called {name}; list `x-enum-varnames`"
                self.add(f"{pointer}/enum/{i}", message)
            seen[name] = value

    def _union(self, union: Place) -> None:
        pointer = union.pointer
        where = f"{pointer}/discriminator"
        wire = mapping(union.schema["discriminator"]).get("propertyName")
        if not isinstance(wire, str) or not wire:
            self.add(f"{where}/propertyName", "name the property that tells the variants apart")
            return
        if field_name(wire) == "raw" or field_name(wire).startswith("raw_"):
            message = f"{field_name(wire)} is taken in the class for unknown words; tell by another"
            self.add(f"{where}/propertyName", message)
        refs = [mapping(part).get("$ref") for part in union_parts(union)]
        if not refs or not all(isinstance(ref, str) and ref.startswith(REF) for ref in refs):
            self.add(pointer, f"list the variants under `oneOf`, each as a `$ref: {REF}…`")
            return
        keys = [str(ref).removeprefix(REF) for ref in refs]
        if len(set(keys)) < 2:
            self.add(pointer, "a union has two variants or more; use the one without it")
        for key in dict.fromkeys(keys):
            if key in self._unions:
                message = f"{shown(key)} is a variant of {self._unions[key]}"
                self.add(pointer, f"{message}; give each union variants of its own")
            self._unions.setdefault(key, pointer)
        words = variants(self.document, union)
        for word, key in words.items():
            place = f"{where}/mapping/{escaped(word)}"
            if key not in keys:
                self.add(place, f"{shown(key)} is none of the variants; correct one of the two")
                continue
            found, missing = resolve(
                self.document, Place({}, f"/components/schemas/{escaped(key)}"), [wire]
            )
            allowed = status_words(found)
            if missing or (allowed and word not in allowed):
                message = f"{key} is never {shown(word)}; correct its `{wire}` or the mapping"
                self.add(place, prose(message))
        for key in keys:
            target = f"/components/schemas/{escaped(key)}"
            variant, target = self.document.follow(target)
            if key not in words.values():
                self.add(f"{where}/mapping", f"no word leads to {key}; add one to the mapping")
                continue
            if wire not in _required(self.document, Place(variant, target)):
                message = f"{shown(wire)} tells the variants of a union apart; require it here"
                self.add(f"{target}/required", message)
            for word in status_words(resolve(self.document, Place({}, target), [wire])[0]):
                if word not in words:
                    message = f"no variant for the word {shown(word)} of {key}; add it"
                    self.add(f"{where}/mapping", message)

    def operations(self) -> None:
        """There are operations, and each can be generated."""
        if "webhooks" in self.document.data:
            self.add("/webhooks", "webhooks are not supported; remove them")
        for path, item in mapping(self.document.data.get("paths")).items():
            for key in mapping(item):
                if key not in _PATH_ITEM and not key.startswith("x-"):
                    message = f"{shown(key)} is not supported here, only operations; remove it"
                    self.add(f"/paths/{escaped(path)}/{escaped(key)}", message)
        found = list(operations(self.document))
        linked = {
            pointer
            for _, _, operation in found
            for pointer in links(self.document, mapping(operation.get(EXTENSION))).values()
        }
        tags: dict[str, str] = {}
        for path, pointer, operation in found:
            if pointer in linked and EXTENSION not in operation:
                self._request(path, pointer, operation)
                continue
            self._operation(path, pointer, operation)
            for tag in sequence(operation.get("tags"))[:1]:
                if identifier(str(tag)) in tags:
                    message = f"{shown(tag)} is that of {tags[identifier(tag)]}; give it another"
                    self.add(f"{pointer}/tags/0", message)
                tags[identifier(str(tag))] = pointer
        if not any(EXTENSION in operation for _, _, operation in found):
            self.add("/paths", f"add an operation with `{EXTENSION}`")

    def _operation(self, path: str, pointer: str, operation: Mapping) -> None:
        name = operation.get("operationId")
        tag, *others = sequence(operation.get("tags")) or [None]
        if not isinstance(name, str) or not name:
            self.add(pointer, "add an `operationId`: its method is called after it")
        elif (called := method_name(name, str(tag))) in METHODS or called.upper() in TAKEN:
            self.add(f"{pointer}/operationId", f"{called} has a meaning; choose another")
        if not isinstance(tag, str) or not tag:
            self.add(pointer, "add one of `tags`: the client's attribute is called after it")
        elif identifier(tag) in CLIENT or TAKEN.intersection(resources(tag)):
            self.add(f"{pointer}/tags/0", f"{identifier(tag)} has a meaning; choose another")
        if others:
            self.add(f"{pointer}/tags/1", "a second tag is lost; remove it")
        self._request(path, pointer, operation)
        for status in mapping(operation.get("responses")):
            if not re.fullmatch(r"[1-5]([0-9][0-9]|XX)|default", status):
                place = f"{pointer}/responses/{escaped(status)}"
                self.add(place, "this is no HTTP status; write one, `4XX` or `default`")
            body = response_schema(self.document, pointer, status)
            if body:
                self.schema(body[1])
            if body and status.startswith("2") and status != "200":
                place = f"{pointer}/responses/{status}"
                self.add(place, "a job comes with 200 only; remove this body")
        body = response_schema(self.document, pointer, "200")
        if body is None:
            message = "add a 200 response with an `application/json` schema: the job's"
            self.add(f"{pointer}/responses/200", message)
        elif EXTENSION not in operation:
            self.add(pointer, f"add `{EXTENSION}`: it tells when the job is done")
        else:
            self._wait(operation[EXTENSION], f"{pointer}/{EXTENSION}", Place(*body))

    def _request(self, path: str, pointer: str, operation: Mapping) -> None:
        """A request can be made of an id and of what is always the same."""
        for key in ("callbacks", "servers"):
            if operation.get(key):
                self.add(f"{pointer}/{key}", f"`{key}` of one operation is lost; remove it")
        if not _PATH.fullmatch(path):
            self.add(pointer.rpartition("/")[0], "this is not the path of a URL; correct it")
        expected = re.findall(r"\{([^{}]*)\}", path)
        listed = [(value, place) for value, place in parameters_of(self.document, pointer) if value]
        names = [value.get("name") for value, _ in listed if value.get("in") == "path"]
        if sorted(map(str, names)) != sorted(expected):
            message = f"describe the path's parameters ({', '.join(expected)}) and no other ones"
            self.add(f"{pointer}/parameters", prose(message))
        for value, place in listed:
            self.schema(f"{place}/schema")
            schema, _ = self.document.follow(f"{place}/schema")
            where = value.get("in")
            if value.get("required") is not True:
                self.add(
                    place, "what is optional is never sent; remove it, or add `required: true`"
                )
            elif where not in ("header", "path", "query"):
                self.add(place, f"parameters in `{prose(str(where))}` are not supported; remove it")
            elif where == "header" and "const" not in schema:
                self.add(place, "a header is always the same; give its schema a `const`")
            elif where == "header" and not _HEADER.fullmatch(str(value.get("name"))):
                self.add(f"{place}/name", "this is not the name of an HTTP header; correct it")
            elif where == "header" and not _VALUE.fullmatch(str(schema["const"])):
                self.add(f"{place}/schema/const", "no header can carry this; correct it")
            elif value.get("style") not in (None, "form" if where == "query" else "simple"):
                self.add(f"{place}/style", "a value is sent as it is; remove `style`")
        place = self.document.follow(f"{pointer}/requestBody")[1]
        if "requestBody" in operation and body_format(self.document, pointer) is None:
            self.add(place, "a request has a body of JSON or a form; describe one, or remove it")
        parts = parts_of(self.document, pointer)
        for part in parts:
            words = part.schema.get("type") in ("string", "integer")
            if not words or "enum" in part.schema:
                self.add(part.schema_place, "a job's id is a string, an integer or a UUID")
            elif part.constant is not None and part.location == "path":
                self.add(part.schema_place, "what is always the same stands in the path itself")
        given = [part for part in parts if part.constant is None]
        if not given and EXTENSION in operation:
            message = "nothing in this request says which job; mark its id as `required`"
            self.add(pointer, message)

    def _wait(self, extension: Any, pointer: str, body: Place) -> None:
        """The extension is what its schema says, and fits the 200 body."""
        # Imported here: it is of no use where nothing has the extension.
        from jsonschema import Draft202012Validator

        settings = {**mapping(extension)}
        validator = cast("_Validator", Draft202012Validator(json.loads(SCHEMA.read_bytes())))
        for error in validator.iter_errors(extension):
            path = [str(part) for part in error.absolute_path]
            # What is broken is not looked at again, the rest is.
            settings.pop(path[0] if path else "", None)
            schema = mapping(error.schema)
            text = error.message
            if len(text) > 200:
                text = f"{text[:100]}…{text[-100:]}"
            if error.validator == "not":
                text = "this breaks a rule"
            hints = [str(schema.get(key)) for key in ("description", "title") if key in schema]
            hint = next((hint for hint in hints if len(hint) <= 160), "what the schema says")
            where = pointer + "".join(f"/{escaped(part)}" for part in path)
            self.add(where, prose(f"{text}; expected here: {hint}"))
        failure = mapping(settings.get("failure"))
        pointers = {f"failure/{key}": target for key, target in failure.items()}
        if "progress" in settings:
            pointers["progress/value"] = settings["progress"]["value"]
        for key, target in pointers.items():
            if not resolve(self.document, body, tokens(target))[0]:
                message = f"the 200 body has no {shown(target)}; correct the pointer"
                self.add(f"{pointer}/{key}", message)
        self._job(str(settings.get("job", "")), pointer, body)
        if "status" in settings:
            self._states(settings, pointer, body)
        found = links(self.document, settings)
        for key in LINKS:
            if key in settings and key not in found:
                message = "no operation is called that; correct the `operationId` or `operation`"
                self.add(f"{pointer}/{key}", message)
        if "result" in found:
            self._result(mapping(settings["result"]), found["result"], pointer, body)
        if "cancel" in found:
            wanted, own = (
                [part.type for part in parts_of(self.document, place) if part.constant is None]
                for place in (found["cancel"], pointer.rpartition("/")[0])
            )
            if wanted != own:
                message = f"cancelling takes {len(wanted)} values, the job's id has {len(own)}"
                self.add(f"{pointer}/cancel", f"{message} or others; describe them alike")
        polling = POLLING | mapping(settings.get("polling"))
        for key, above in (("initial", "maximum"), ("maximum", "timeout")):
            if polling[key] > polling[above]:
                message = f"{polling[key]:g} is above {above}, {polling[above]:g}; lower it"
                self.add(f"{pointer}/polling/{key}", message)

    def _job(self, job: str, pointer: str, body: Place) -> None:
        """Every body has a job: no optional or nullable property leads to it."""
        place = body
        for token in tokens(job):
            schema, where = self.document.follow(place.pointer)
            if token not in mapping(schema.get("properties")):
                break
            if token not in _required(self.document, Place(schema, where)):
                message = f"{shown(token)} leads to the job; require it in {where}"
                self.add(f"{pointer}/job", message)
            place = Place({}, f"{where}/properties/{escaped(token)}")
        else:
            schema, where = self.document.follow(place.pointer)
            is_object = "properties" in schema or "allOf" in schema or "discriminator" in schema
            parts = [part for key in ("oneOf", "anyOf") for part in sequence(schema.get(key))]
            nullable = "null" in types_of(schema) or schema.get("nullable") is True
            several = len(parts) > len(union_parts(Place(schema, where)))
            if self.document.strict and (not is_object or nullable or several):
                message = f"the job at {where} is no object with properties; point to one"
                self.add(f"{pointer}/job", message)
            return
        message = f"the 200 body has no {shown(job)} behind plain objects; correct the pointer"
        self.add(f"{pointer}/job", message)

    def _result(self, link: Mapping, target: str, pointer: str, body: Place) -> None:
        """Every value that asking for the result takes comes from somewhere."""
        given = mapping(link.get("parameters"))
        sources = result_sources(self.document, pointer.rpartition("/")[0], target, given)
        for name, source in sources.items():
            if source is None:
                message = f"say with `parameters` where {shown(name)} stands in the body"
                self.add(f"{pointer}/result", message)
        for name, source in given.items():
            where = f"{pointer}/result/parameters/{escaped(name)}"
            if name not in sources:
                self.add(where, f"the operation takes no {shown(name)}; correct the name")
            elif isinstance(source, str) and not resolve(self.document, body, tokens(source))[0]:
                self.add(where, f"the 200 body has no {shown(source)}; correct the pointer")

    def _states(self, settings: Mapping, pointer: str, body: Place) -> None:
        found, missing = resolve(self.document, body, tokens(settings["status"]))
        if not found or (missing and "absent" not in settings):
            message = f"not every 200 body has {shown(settings['status'])}; correct the pointer"
            self.add(f"{pointer}/status", message)
            return
        words = status_words(found)
        if not self.document.strict and not all(status_words([place]) for place in found):
            return  # Where the document lists no words, the states are the words.
        if not words or any(not status_words([place]) for place in found):
            message = f"the status at {found[0].pointer} has no `enum`; list its words there"
            self.add(f"{pointer}/status", message)
            return
        states = mapping(settings.get("states"))
        for word in words if states else ():
            if word not in states:
                message = f"the status word {shown(word)} has no state; say what it means"
                self.add(f"{pointer}/states", message)
        for word in states:
            if word not in words:
                message = f"the status is never {shown(word)}; remove it, or add it to the enum"
                self.add(f"{pointer}/states/{escaped(word)}", message)

    def credentials(self) -> None:
        """One key that the environment may hold, and at most one other."""
        where = "/components/securitySchemes"
        found = credentials(self.document)
        for place, requirement in requirements(self.document):
            for name in requirement:
                if f"{where}/{escaped(name)}" not in [pointer for pointer, _ in found]:
                    message = f"no security scheme is called {shown(name)}; add it"
                    self.add(f"{place}/{escaped(name)}", message)
            if len(requirement) > 1 and self.document.strict:
                message = "two keys in one request are not supported; list them as alternatives"
                self.add(place, message)
        if not found:
            if self.document.strict:
                self.add(where, "add the security scheme that requests are sent with")
            return
        for pointer, credential in found:
            if not credential.header:
                self.add(pointer, "use `http` with `bearer`, or `apiKey`")
            elif not credential.in_query and not _HEADER.fullmatch(credential.header):
                self.add(f"{pointer}/name", "this is not the name of an HTTP header; correct it")
            elif credential.header.lower() in _OWN_HEADERS:
                self.add(f"{pointer}/name", "HTTP itself needs this header; correct it")
            variable = credential.variable
            if variable is not None and not _ENVIRONMENT.fullmatch(str(variable)):
                message = "write a name in capitals, such as `EXAMPLE_API_KEY`"
                self.add(f"{pointer}/{VARIABLE}", message)
        parameters = [credential.parameter for _, credential in found]
        if parameters.count("api_key") != 1:
            message = f"put `{VARIABLE}` on exactly one scheme: the one of `api_key=`"
            self.add(found[0][0], message)
        elif len(set(parameters)) < len(parameters):
            self.add(where, "more than one other scheme of a kind is not supported; remove one")
        elif len({credential.header.lower() for _, credential in found}) < len(found):
            self.add(where, "two schemes use one header; remove one of them")


def _required(document: Document, place: Place) -> set[str]:
    required = {str(name) for name in sequence(place.schema.get("required"))}
    for i in range(len(sequence(place.schema.get("allOf")))):
        part = document.follow(f"{place.pointer}/allOf/{i}")
        required |= _required(document, Place(*part))
    return required


def _property_names(document: Document, pointer: str) -> set[str]:
    schema, pointer = document.follow(pointer)
    names = set(mapping(schema.get("properties")))
    for i in range(len(sequence(schema.get("allOf")))):
        names |= _property_names(document, f"{pointer}/allOf/{i}")
    return names


def _parts(schema: Mapping, pointer: str) -> Iterator[str]:
    for key in COMBINED:
        for i in range(len(sequence(schema.get(key)))):
            yield f"{pointer}/{key}/{i}"
    for key in ("additionalProperties", "items"):
        if is_mapping(schema.get(key)):
            yield f"{pointer}/{key}"


def _object_parts(document: Document, union: Place) -> Iterator[Mapping]:
    for key in ("oneOf", "anyOf"):
        for i in range(len(sequence(union.schema.get(key)))):
            schema, _ = document.follow(f"{union.pointer}/{key}/{i}")
            if "properties" in schema or "allOf" in schema or "discriminator" in schema:
                yield schema


def _references(value: Any, pointer: str, *, named: bool = False) -> Iterator[tuple[str, str]]:
    if is_mapping(value):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"], pointer
        for key, item in value.items():
            # What stands in an example looks like anything.
            if named or key not in ("const", "default", "enum", "example", "examples"):
                names = not named and key in _NAMED
                yield from _references(item, f"{pointer}/{escaped(key)}", named=names)
    elif is_sequence(value):
        for i, item in enumerate(value):
            yield from _references(item, f"{pointer}/{i}")
