"""Write map4/core/schemas/shapes.json anew: the JSON schemas of all documents, from the records that they are made of.

And tests/page/routes.json: the document that each route of a server sends, for the types of the page.

    python tools/shapes.py

A shape stands there once, and is named by those that hold it; `map4 schema` and OpenAPI put together what they need.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from map4.core.base.records import IF_GIVEN, Absent, Json, Record, members_of, typed  # noqa: E402
from map4.core.base.stability import head_of  # noqa: E402

FILE = REPOSITORY / "map4" / "core" / "schemas" / "shapes.json"
ROUTES = REPOSITORY / "tests" / "page" / "routes.json"
_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}
_LISTS = (tuple, list, frozenset, Iterable, Iterator, Collection, AbstractSet)
_PATH_BYTES = {
    "type": "string", "contentEncoding": "base64", "description": "the exact path, only where text can't say it"
}  # fmt: skip


def main() -> None:
    """Write the file."""
    FILE.write_text(text(), encoding="utf-8")
    ROUTES.write_text(routes_text(), encoding="utf-8")


def text() -> str:
    """What the file is to hold."""
    for path in sorted((REPOSITORY / "map4").rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if "from map4.core.base.records import" in source:
            _import_all(".".join(path.relative_to(REPOSITORY).with_suffix("").parts), source)
    # A class that writes its record itself has another one tell its members.
    records = [one for one in _records(Record) if one.json_form.kind and "to_record" not in vars(one)]
    shapes = Shapes({one.json_form.kind for one in records})
    for record in records:
        shapes.document(record)
    return f'{{"documents": {_lines(shapes.documents)},\n"shapes": {_lines(shapes.parts)}}}\n'


def routes_text() -> str:
    """The kind of document by route, and its members that this route always sends."""
    from map4.server import declared_routes

    answers = {
        f"{route.method} {re.sub('{.*?}', '{}', route.path).lstrip('/')}": [route.answer, *route.adds]
        for route in declared_routes.ROUTES
        if route.answer and not route.is_root
    }
    return f"{_lines(answers)}\n"


def _lines(shapes: Mapping[str, Any]) -> str:
    """A shape a line, so that a difference shows which one it is."""
    lines = (f"{json.dumps(name)}: {json.dumps(shape, ensure_ascii=False)}" for name, shape in sorted(shapes.items()))
    return "{\n" + ",\n".join(lines) + "\n}"


def _import_all(name: str, source: str) -> None:
    """Import a module, and what it imports for type checkers alone."""
    module = importlib.import_module(name)
    for node in ast.parse(source).body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            exec(compile(ast.Module(node.body, []), module.__name__, "exec"), vars(module))


def _records(cls: type[Record]) -> Iterator[type[Record]]:
    """The classes that are records; of those with slots, the ones that were made last."""
    for one in cls.__subclasses__():
        if vars(sys.modules[one.__module__]).get(one.__name__) is one:
            yield one
        yield from _records(one)


class Shapes:
    """The shapes of records by name, as they are asked for."""

    def __init__(self, kinds: Collection[str]) -> None:
        self._kinds = kinds
        self._classes: dict[str, Any] = {}
        self.documents: dict[str, Any] = {}
        self.parts: dict[str, Any] = {}

    def document(self, record: type[Record]) -> None:
        """Take in the document of a record, and what it holds."""
        kind = record.json_form.kind
        if kind in self.documents:
            return
        self.documents[kind] = {}  # what it holds may name it
        shape = self._shape(record)
        said = {"title": shape.pop("description").rstrip(".")}
        head = head_of(kind)
        named = {**{name: {"const": value} for name, value in head.items()}, **shape.pop("properties")}
        required = [*head, *shape.pop("required")]
        self.documents[kind] = {**said, "type": "object", "required": required, "properties": named, **shape}

    def of(self, hint: Any) -> dict[str, Any]:
        """The schema of what a hint allows."""
        origin, args = get_origin(hint), get_args(hint)
        if origin is Annotated:
            said = [one for one in args[1:] if isinstance(one, Json)]
            kinds = get_args(args[0]) if IF_GIVEN in said and NoneType in get_args(args[0]) else args[:1]
            known = (self.of(kind) for kind in kinds if kind is not NoneType)
            schema = next((self.of(one.like) for one in said if one.like), None) or _either(list(known))
            for one in [one for one in said if one.names or one.maybe]:
                schema = _named((*one.names, *one.maybe), schema["additionalProperties"], required=one.names)
            for each in [one.each for one in said if one.each]:
                schema = self._counts(each, *get_args(args[0]))
            return schema | {word: value for one in said for word, value in one.words.items()}
        if origin in (Union, UnionType):
            return _either([self.of(one) for one in args if one is not Absent])
        if origin is Literal:
            return {"enum": list(args)}
        if origin in (dict, Mapping):
            value = True if args[1] is Any else self.of(args[1])
            names = self.of(args[0]).get("enum")
            return _named(names, value) if names else {"type": "object", "additionalProperties": value}
        if origin in _LISTS or (inspect.isclass(origin) and issubclass(origin, Collection)):
            return {"type": "array", **({} if args[0] is Any else {"items": self.of(args[0])})}
        if hint is Any:
            return {}
        if hint is None or hint in _TYPES:
            return {"type": _TYPES[hint or NoneType]}
        assert issubclass(hint, Record), f"{hint} says nothing of its JSON"
        return {"$ref": f"#/$defs/{self._name(hint)}"}

    def _counts(self, each: str, name: Any, count: Any) -> dict[str, Any]:
        named = {each: self.of(name), "count": self.of(count)}
        return {"type": "array", "items": {"type": "object", "required": list(named), "properties": named}}

    def _name(self, cls: Any) -> str:
        form = cls.json_form
        if form.kind and not form.is_bare:
            if "to_record" not in vars(cls):
                self.document(cls)
            return str(form.kind)
        name = re.sub("(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__.removesuffix("Record")).lower()
        name += "-part" * (name in self._kinds)
        assert self._classes.setdefault(name, cls) is cls, f"two classes make the shape {name}"
        if name not in self.parts:
            self.parts[name] = {}
            self.parts[name] = self._shape(cls)
        return name

    def _shape(self, cls: Any) -> dict[str, Any]:
        shape: dict[str, Any] = {"type": "object", "required": [], "properties": {}}
        told = _member_docs(cls)
        for name, attribute in members_of(cls):
            owner, hint = typed(cls, attribute)
            last = attribute.rpartition(".")[2]
            said = told.get(name) or told.get(attribute) or _member_docs(owner).get(last) or _property_doc(owner, last)
            place = shape
            *outer, inner = name.split(".")
            for one in outer:
                _require(place, one)
                about = {"description": _in_json(told[one])} if one in told else {}
                empty = {"type": "object", **about, "required": [], "properties": {}}
                place = place["properties"].setdefault(one, empty)
            place["properties"][inner] = self.of(hint) | ({"description": _in_json(said)} if said else {})
            if Absent not in get_args(hint) and IF_GIVEN not in get_args(hint):
                _require(place, inner)
            if name == "path":
                place["properties"]["path_bytes"] = _PATH_BYTES
        first = _in_json(inspect.cleandoc(cls.__doc__ or "").partition("\n\n")[0].replace("\n", " "))
        return {"description": first, **shape, **cls.json_form.words}


def _named(names: Iterable[str], value: Any, required: Collection[str] = ()) -> dict[str, Any]:
    """The schema of values by name, where the names are known: there are no others."""
    needed = {"required": list(required)} if required else {}
    return {"type": "object", **needed, "properties": dict.fromkeys(names, value), "additionalProperties": False}


def _require(schema: dict[str, Any], name: str) -> None:
    schema["required"] += [name] if name not in schema["required"] else []


def _member_docs(cls: Any) -> dict[str, str]:
    """What the docstrings of a class say of its members, in lines of the form `name, name: text`."""
    told: dict[str, str] = {}
    for owner in reversed(cls.__mro__):
        lines = re.sub(r"\n {4,}", " ", inspect.cleandoc(vars(owner).get("__doc__") or ""))
        for names, text in re.findall(r"^([a-z_0-9.]+(?:, [a-z_0-9.]+)*): (.*)", lines, re.MULTILINE):
            told |= dict.fromkeys(names.split(", "), text)
    return told


def _property_doc(cls: Any, attribute: str) -> str:
    """What the docstring of a property says."""
    found = getattr(cls, attribute.removesuffix("()"), None)
    text = (found.__doc__ or "") if isinstance(found, property) or inspect.isfunction(found) else ""
    first = inspect.cleandoc(text).partition("\n\n")[0].replace("\n", " ").rstrip(".")
    return first[:1].lower() + first[1:]


def _in_json(said: str) -> str:
    """A sentence about Python's values as one about those of JSON."""
    for word, name in (("None", "null"), ("True", "true"), ("False", "false")):
        said = re.sub(rf"\b{word}\b", name, said)
    return said


def _either(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    """The schema of what fits one of several."""
    if len(schemas) == 1:
        return schemas[0]
    if all("$ref" not in one and "anyOf" not in one for one in schemas):
        if any("enum" in one for one in schemas):
            return {"enum": [value for one in schemas for value in one.get("enum", [None])]}
        names = [one.pop("type") for one in schemas]
        return {"type": names, **{word: value for one in schemas for word, value in one.items()}}
    return {"anyOf": schemas}


if __name__ == "__main__":
    main()
