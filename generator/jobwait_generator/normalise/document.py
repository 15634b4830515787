"""A third party's document in the form that the rest of the generator takes.

What a document says in its own way is said in ours: bodies of several successful responses become
one, a required parameter becomes part of the job's id or a constant, and every schema is of the
kinds that `_schemas` names. What cannot be said is refused where it stands.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import parse_qsl

from ..document.document import EXTENSION, Document, operations
from ..document.pointer import escaped, tokens
from ..document.values import Mapping, is_mapping, mapping, sequence
from ..model.api import PREFIX, VARIABLE, links
from ..model.names import CLIENT, METHODS, TAKEN, class_name, identifier, method_name, resources
from ..model.requests import BODIES, parameters_of
from ..problems import Problem, shown
from .schemas import Schemas, TooMuchError

_VERSION: Final = re.compile(r"[0-9]+(\.[0-9]+)*")
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_IGNORED_HEADERS: Final = frozenset({"accept", "authorization", "content-type", "user-agent"})
"""Header parameters that mean nothing, as OpenAPI says, or that every client sends."""
_VERBS: Final = re.compile(r"(get|retrieve|fetch|poll|check|show|read|describe|find)_(.+)")
_SUCCESS: Final = re.compile(r"2([0-9][0-9]|XX)")


def normalise(document: Document) -> tuple[Mapping, dict[str, str], list[Problem]]:
    """The document in normal form, where its parts come from, and what cannot be said."""
    return _Normaliser(document).run()


class _Normaliser:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._problems: list[Problem] = []
        self._tags: dict[str, str] = {}
        self._taken_tags: set[str] = set()
        self._operations = list(operations(document))
        waiting = [o for o in self._operations if EXTENSION in o[2]]
        self._waiting = {pointer for _, pointer, _ in waiting}
        for path, pointer, operation in waiting:
            self._tags[pointer] = self._tag(path, operation, len(waiting))
        self._usable = self._usable_schemes()
        names = [name for tag in self._tags.values() for name in resources(tag)]
        self._schemas = Schemas(document, {*TAKEN, *names})

    def add(self, pointer: str, message: str) -> None:
        self._problems.append(self._document.problem(pointer, message))

    def run(self) -> tuple[Mapping, dict[str, str], list[Problem]]:
        document = self._document
        data = document.data
        components = mapping(data.get("components"))
        for key in mapping(components.get("schemas")):
            self._schemas.keep(key, f"/components/schemas/{escaped(key)}")
        result: Mapping = {
            "openapi": "3.1.0",
            "info": self._info(mapping(data.get("info"))),
            "servers": self._servers(),
            "tags": self._described_tags(),
            "paths": {},
        }
        result |= {key: value for key, value in data.items() if key.startswith("x-")}
        if "security" in data:
            result["security"] = self._security(sequence(data["security"]), "/security")
        origins: dict[str, str] = {}
        for path, pointer, operation in self._operations:
            method = tokens(pointer)[-1]
            made = self._operation(path, pointer, operation)
            item = result["paths"].setdefault(self._path(path), {})
            if method in item:
                self.add(pointer, "another operation has this path, less its query; select one")
            item[method] = made
            own = f"/paths/{escaped(self._path(path))}/{method}"
            origins[own] = pointer
        try:
            self._schemas.finish()
        except TooMuchError:
            self.add(
                "/components/schemas", "these mean too many schemas; describe less, or flatter"
            )
        for pointer in self._waiting:
            self._require_job(result, pointer)
        result["components"] = {
            "securitySchemes": self._usable,
            "schemas": self._schemas.components,
        }
        origins |= dict(self._schemas.origins(result))
        return result, origins, self._problems

    def _require_job(self, result: Mapping, pointer: str) -> None:
        """The extension says that every body has a job, and so it has."""
        _, path, method = tokens(pointer)
        operation = result["paths"][self._path(path)][method]
        job = mapping(operation[EXTENSION]).get("job")
        content = mapping(operation["responses"].get("200")).get("content")
        if isinstance(job, str) and content:
            self._schemas.require(content["application/json"]["schema"], tokens(job))

    # The document

    def _info(self, info: Mapping) -> Mapping:
        title = info.get("title")
        if not isinstance(title, str) or not title.strip():
            title = self._document.name.replace("-", " ").title()
        found = _VERSION.match(str(info.get("version", "")).removeprefix("v"))
        notes = {k: info[k] for k in ("summary", "description") if isinstance(info.get(k), str)}
        return {"title": title, "version": found[0] if found else "0", **notes}

    def _servers(self) -> list[Mapping]:
        """The one server that all requests go to, if the document names it."""
        found: dict[str, str] = {}
        for _, pointer, _ in self._operations:
            for owner in (pointer, pointer.rpartition("/")[0], ""):
                listed = sequence(mapping(self._document.at(owner)).get("servers"))
                if listed:
                    found.setdefault(self._url(mapping(listed[0])), f"{owner}/servers/0")
                    break
        urls = [url for url in found if url]
        if len(urls) > 1:
            message = f"a client has one server, and {urls[0]} is another; select fewer operations"
            self.add(found[urls[1]], message)
        return [{"url": urls[0]}] if urls else []

    @staticmethod
    def _url(server: Mapping) -> str:
        """The server's URL; empty where it is not a whole one."""
        url = str(server.get("url", ""))
        for name, variable in mapping(server.get("variables")).items():
            default = mapping(variable).get("default")
            if isinstance(default, str | int) and str(default):
                url = url.replace(f"{{{name}}}", str(default))
        url = url.strip().rstrip("/")
        return url if re.match(r"https?://", url) and "{" not in url else ""

    def _described_tags(self) -> list[Mapping]:
        texts = {
            str(mapping(item).get("name")): mapping(item).get("description")
            for item in sequence(self._document.data.get("tags"))
        }
        result: list[Mapping] = []
        for pointer, tag in self._tags.items():
            given = sequence(mapping(self._document.at(pointer)).get("tags"))
            text = texts.get(str(given[0])) if given else None
            result.append({"name": tag, **({"description": text} if text else {})})
        return result

    def _usable_schemes(self) -> Mapping:
        """The security schemes that a client can use, one of which has a variable."""
        root = self._document.data
        schemes = mapping(mapping(root.get("components")).get("securitySchemes"))
        owners = [operation for _, _, operation in self._operations] + [root]
        listed = [item for owner in owners for item in sequence(owner.get("security"))]
        wanted = [name for item in listed for name in mapping(item) if name in schemes]
        alone = [name for item in listed for name in mapping(item) if len(mapping(item)) == 1]
        if any(name in schemes for name in alone):
            wanted = [name for name in wanted if name in alone]
        result: Mapping = {}
        seen: set[tuple[str, str]] = set()
        for name in dict.fromkeys(wanted or schemes):
            found, _ = self._document.follow(f"/components/securitySchemes/{escaped(name)}")
            kept = {k: v for k, v in found.items() if k in ("description", PREFIX, VARIABLE)}
            kind, scheme = found.get("type"), str(found.get("scheme")).lower()
            if kind in ("oauth2", "openIdConnect") or (kind == "http" and scheme == "bearer"):
                made: Mapping = {"type": "http", "scheme": "bearer", **kept}
            elif kind == "http" and scheme == "basic":
                made = {"type": "http", "scheme": "basic", **kept}
            elif kind == "apiKey" and found.get("in") in ("cookie", "header", "query"):
                made = {"type": kind, "in": found["in"], "name": found.get("name"), **kept}
            else:
                continue
            header = "authorization" if kind != "apiKey" else str(found.get("name")).lower()
            sort = f"{kind} {made.get('in', scheme)}"
            if (header, "") not in seen and (not (alone or not wanted) or ("", sort) not in seen):
                seen |= {("", sort), (header, "")}
                result[name] = made
        if not schemes:
            text = "The document names no key; one that is given is sent as a bearer token."
            result["key"] = {"type": "http", "scheme": "bearer", "description": text}
        if result and not any(VARIABLE in scheme for scheme in result.values()):
            first = next(iter(result))
            variable = f"{self._document.name.replace('-', '_').upper()}_API_KEY"
            result[first] = {**result[first], VARIABLE: variable}
        return result

    def _security(self, listed: list[Any], place: str) -> list[Mapping]:
        """The requirements that a client can meet."""
        result: list[Mapping] = []
        for requirement in listed:
            names = list(mapping(requirement))
            if all(name in self._usable for name in names):
                result.append({name: [] for name in names})
        if listed and not result:
            message = "no client can send this; describe a bearer token, or an `apiKey`"
            self.add(f"{place}/0", message)
        return result

    # Operations

    def _tag(self, path: str, operation: Mapping, count: int) -> str:
        """What the resource of an operation is called: after its tag, if no other has that."""
        name = str(operation.get("operationId") or "")
        given = [tag for tag in sequence(operation.get("tags")) if isinstance(tag, str)]
        static = [p for p in path.split("/") if p and "{" not in p]
        dotted = name.rpartition(".")[0]
        own = identifier(name)
        found = _VERBS.fullmatch(own)
        wanted = [*given[:1], dotted, *reversed(static), "jobs"]
        shared = sum(
            sequence(other.get("tags"))[:1] == given[:1]
            for _, _, other in self._operations
            if EXTENSION in other
        )
        if given and shared > 1 and name:
            wanted = [found[2] if found else own, *wanted]
        wanted += [f"{static[-1] if static else ''}_{i}" for i in range(2, count + 2)]
        wanted = [word for word in wanted if identifier(word).strip("_") not in ("", "field")]
        for word in wanted:
            for tag in (word, f"{word} jobs"):
                if (
                    identifier(tag) not in self._taken_tags | CLIENT
                    and not TAKEN.intersection(resources(tag))
                    and identifier(tag) == identifier(identifier(tag))
                ):
                    self._taken_tags.add(identifier(tag))
                    return tag
        raise AssertionError("numbers do not end")

    def _operation(self, path: str, pointer: str, operation: Mapping) -> Mapping:
        notes: Mapping = {
            key: operation[key]
            for key in ("summary", "description", "deprecated")
            if key in operation
        }
        tag = self._tags.get(pointer, "jobs")
        name = self._name(operation, tag)
        result: Mapping = {"operationId": name, "tags": [tag], **notes}
        parameters = [*self._parameters(path, pointer), *self._accepted(pointer)]
        if parameters:
            result["parameters"] = parameters
        body = self._body(pointer)
        if body:
            result["requestBody"] = body
        if "security" in operation:
            listed = sequence(operation["security"])
            result["security"] = self._security(listed, f"{pointer}/security")
        only = self._waiting == {pointer}
        hint = "Job" if only else f"{class_name(method_name(name, tag))}Response"
        result["responses"] = self._responses(pointer, hint)
        if is_mapping(operation.get(EXTENSION)):
            found = links(self._document, operation[EXTENSION])
            given = operation[EXTENSION]
            renamed: Mapping = {
                key: {
                    **{k: v for k, v in given[key].items() if k != "operationId"},
                    "operation": self._called(target),
                }
                for key, target in found.items()
            }
            result[EXTENSION] = {**operation[EXTENSION], **renamed}
        elif EXTENSION in operation:
            result[EXTENSION] = operation[EXTENSION]
        return result

    def _called(self, pointer: str) -> str:
        _, path, method = tokens(pointer)
        return f"{method.upper()} {self._path(path)}"

    @staticmethod
    def _name(operation: Mapping, tag: str) -> str:
        name = str(operation.get("operationId") or "getJob")
        if method_name(name, tag).strip("_") in ("", "field"):
            name = "getJob"
        if method_name(name, tag) in METHODS or method_name(name, tag).upper() in TAKEN:
            name = f"get_{identifier(name)}"
        return name

    @staticmethod
    def _path(path: str) -> str:
        return _PLACEHOLDER.sub(lambda found: f"{{{_plain(found[1])}}}", path.partition("?")[0])

    def _parameters(self, path: str, pointer: str) -> list[Mapping]:
        path, _, query = path.partition("?")
        in_path = [_plain(name) for name in _PLACEHOLDER.findall(path)]
        found: dict[str, Mapping] = {}
        others: list[Mapping] = []
        for value, place in parameters_of(self._document, pointer):
            where, name = value.get("in"), str(value.get("name"))
            if where == "path":
                if _plain(name) in in_path:
                    made = self._parameter(value, place)
                    found[_plain(name)] = {**made, "name": _plain(name)}
            elif value.get("required") is True and not self._is_ignored(where, name):
                made = self._parameter(value, place)
                if where == "header" and "const" not in made["schema"]:
                    message = f"say what the header {shown(name)} always is: give it a `const`"
                    self.add(place, message)
                elif where not in ("header", "query"):
                    self.add(place, f"a required parameter in {shown(where)} cannot be sent")
                else:
                    others.append(made)
        for name in in_path:
            plain: Mapping = {"name": name, "in": "path", "required": True}
            found.setdefault(name, {**plain, "schema": {"type": "string"}})
        for name, word in parse_qsl(query, keep_blank_values=True):
            given = _PLACEHOLDER.fullmatch(word)
            fixed: Mapping = {"type": "string"} if given else {"type": "string", "const": word}
            if name not in [other["name"] for other in others if other["in"] == "query"]:
                others.append({"name": name, "in": "query", "required": True, "schema": fixed})
        return [*(found[name] for name in in_path), *others]

    def _accepted(self, pointer: str) -> list[Mapping]:
        """The header for a body that is not called `application/json`."""
        listed = mapping(mapping(self._document.at(pointer)).get("responses"))
        for status in listed:
            response, _ = self._document.follow(f"{pointer}/responses/{escaped(status)}")
            kinds = list(mapping(response.get("content")))
            if _SUCCESS.fullmatch(status.upper()) and kinds:
                json = [kind for kind in kinds if _is_json(kind)]
                kind = next((k for k in json if _media(k) == "application/json"), (json + kinds)[0])
                if _media(kind) != "application/json" and kind.isascii() and kind.isprintable():
                    schema = {"type": "string", "const": kind.strip()}
                    return [{"name": "Accept", "in": "header", "required": True, "schema": schema}]
                return []
        return []

    def _is_ignored(self, where: Any, name: str) -> bool:
        schemes = mapping(mapping(self._document.data.get("components")).get("securitySchemes"))
        keys = {
            (mapping(scheme).get("in"), str(mapping(scheme).get("name")).lower())
            for scheme in schemes.values()
        }
        if (where, name.lower()) in keys:
            return True
        return where == "header" and name.lower() in _IGNORED_HEADERS

    def _parameter(self, value: Mapping, place: str) -> Mapping:
        result: Mapping = {"name": value.get("name"), "in": value.get("in"), "required": True}
        for key in ("description", "example", "examples", "style"):
            if key in value and value[key] != {"path": "simple", "query": "form"}.get(value["in"]):
                result[key] = value[key]
        if "content" in value:
            self.add(f"{place}/content", "a parameter that is a document of its own cannot be sent")
        raw = value.get("schema", {"type": "string"})
        result["schema"] = self._scalar(raw, f"{place}/schema", constants=value.get("in") != "path")
        return result

    def _scalar(self, raw: Any, place: str, *, constants: bool) -> Mapping:
        """What one value of a request may be."""
        parts = self._schemas.leaves(raw)
        behind, _ = self._document.follow(place)
        notes: Mapping = {key: behind[key] for key in ("description", "example") if key in behind}
        words = [word for part in parts for word in part.get("enum", [part.get("const")])]
        only = words[0] if len(words) == 1 and words[0] is not None else None
        if only is None and constants:
            only = behind.get("default")
        if only is not None and isinstance(only, str | int | float):
            kind = "string" if isinstance(only, str) else "integer"
            only = str(only).lower() if isinstance(only, bool | float) else only
            return {"type": "string" if isinstance(only, str) else kind, "const": only, **notes}
        kinds = {str(part.get("type")) for part in parts} or {"None"}
        if {"array", "object", "boolean"} & kinds:
            self.add(place, "a part of a job's id is a string, an integer or a UUID")
        if kinds <= {"integer", "number"}:
            return {"type": "integer", **notes}
        if [part.get("format") for part in parts] == ["uuid"]:
            return {"type": "string", "format": "uuid", **notes}
        return {"type": "string", **notes}

    def _body(self, pointer: str) -> Mapping | None:
        """What a request has to say in its body."""
        body, place = self._document.follow(f"{pointer}/requestBody")
        content = mapping(body.get("content"))
        kinds = {_media(kind): kind for kind in reversed(content)}
        kind = next((kind for kind in BODIES if kind in kinds), None)
        if kind is None:
            if body.get("required") is True:
                self.add(place, "a request's body is JSON or a form; this one cannot be sent")
            return None
        at = f"{place}/content/{escaped(kinds[kind])}/schema"
        parts = self._schemas.leaves(self._document.at(at))
        if len(parts) != 1 or parts[0].get("type") != "object":
            if body.get("required") is True and parts != [{}]:
                self.add(at, "a request's body is an object with plain values")
            return None
        given = mapping(parts[0].get("properties"))
        required = [name for name in sequence(parts[0].get("required")) if name in given]
        if not required:
            return None
        properties = {
            name: self._scalar(given[name], f"{at}/properties/{escaped(name)}", constants=False)
            for name in required
        }
        schema: Mapping = {"type": "object", "required": required, "properties": properties}
        return {"required": True, "content": {kind: {"schema": schema}}}

    def _responses(self, pointer: str, hint: str) -> Mapping:
        """All responses; the bodies of the successful ones become one, at 200."""
        document = self._document
        operation = mapping(document.at(pointer))
        listed = mapping(operation.get("responses"))
        result: Mapping = {}
        bodies: list[Any] = []
        with_body: set[str] = set()
        media: Mapping = {}
        for given in listed:
            response = document.follow(f"{pointer}/responses/{escaped(given)}")[0]
            status = given.upper() if given != "default" else given
            text = {"description": str(response.get("description") or "")}
            marks = {k: v for k, v in response.items() if k == "x-assumed"}
            schema, found = _json(response)
            if _SUCCESS.fullmatch(status):
                if schema is not None:
                    bodies.append(schema)
                    with_body.add(status)
                    self._has_status(operation, pointer, status, schema)
                    media = {**found, **media}
                elif "content" not in response:
                    self._has_meaning(operation, pointer, status)
                result[status] = {**text, **marks}
            else:
                result[status] = {**text, **marks}
                if schema is not None:
                    inner = self._schemas.body(schema, f"{hint}Response{status.capitalize()}")
                    result[status]["content"] = {"application/json": {"schema": inner}}
        if not bodies and "default" in listed:
            response, _ = document.follow(f"{pointer}/responses/default")
            schema, media = _json(response)
            if schema is not None and not any(_SUCCESS.fullmatch(s) for s in result):
                bodies.append(schema)
                result.pop("default")
        if bodies:
            whole = bodies[0] if len(bodies) == 1 else {"anyOf": bodies}
            inner = self._schemas.body(whole, hint)
            if set(_codes(operation)) - with_body:
                inner = {"anyOf": [inner, {"type": "null"}]}
            told = result.get("200", {"description": ""})
            examples: Mapping = {k: media[k] for k in ("example", "examples") if k in media}
            content = {"application/json": {"schema": inner, **examples}}
            result = {"200": {**told, "content": content}, **result}
            result["200"] = {**told, "content": content}
        return result

    def _has_status(self, operation: Mapping, pointer: str, code: str, schema: Any) -> None:
        """Somebody says what a body without a status means."""
        settings = mapping(operation.get(EXTENSION))
        path = settings.get("status")
        if not isinstance(path, str) or not path or "absent" in settings:
            return
        if code not in _codes(operation) and self._schemas.lacks(schema, tokens(path)):
            message = f"a body of {code} has no {shown(path)}: say what it means with `absent`"
            self.add(f"{pointer}/{EXTENSION}/status", f"{message}, or correct the pointer")

    def _has_meaning(self, operation: Mapping, pointer: str, code: str) -> None:
        """Somebody says what a status code without a body means."""
        if EXTENSION in operation and code not in _codes(operation):
            message = f"{code} has no body: say what it means with `responses`"
            self.add(f"{pointer}/responses/{code}", f"{message}, or remove it")


def _codes(operation: Mapping) -> list[str]:
    """The status codes that mean something by themselves."""
    return list(mapping(mapping(operation.get(EXTENSION)).get("responses")))


def _json(response: Mapping) -> tuple[Any, Mapping]:
    """The schema of a JSON body, and what stands beside it."""
    for kind, media in mapping(response.get("content")).items():
        if _is_json(kind) and "schema" in mapping(media):
            return media["schema"], media
    for kind, media in mapping(response.get("content")).items():
        if _media(kind) in ("*/*", "application/*", "text/json") and "schema" in mapping(media):
            return media["schema"], media
    return None, {}


def _is_json(kind: str) -> bool:
    return _media(kind) == "application/json" or _media(kind).endswith("+json")


def _media(kind: str) -> str:
    return kind.partition(";")[0].strip().lower()


def _plain(name: str) -> str:
    """The name of a path's parameter, which nobody sends."""
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", name) else identifier(name)
