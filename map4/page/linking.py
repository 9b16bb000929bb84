"""The files of the web page, and a linker that bundles its modules into two scripts.

A file is named by its package and path, such as "map4/lists/page/set.js", so relative imports work the same on disk, in
the linked script and on a server. Views are in the folders of their subjects; the generated `declared.js` imports
Browse, and `later.js` what other views and the parts of the frame need.

Each module becomes a function from its imports to its exports, so names can't collide, and third-party modules are used
as published. The linker parses only enough JavaScript to find the start of statements: strings, templates, regular
expressions, comments and brackets. It removes indentation, also in templates: markup and shaders ignore it.

Exports are read once, after the module has run. A dynamic import stays, and loads another script. Circular imports,
imports without names, `export *` and top-level `await` can't be linked.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from map4.core.base.declaration import PagePart, View
from map4.core.base.declarations import in_order

HOST = "map4/page/"
"""The folder of the page without the views."""

_STOP = re.compile(r"""["'`/(){}\[\]]|(?<![\w$.#])(?:import|export)(?![\w$])""")
_STRING = {quote: re.compile(rf"{quote}(?:[^{quote}\\]|\\.)*{quote}", re.DOTALL) for quote in "\"'"}
_TEMPLATE = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))*(`|\$\{)", re.DOTALL)
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_LICENCE_COMMENT = re.compile(r"/\*!|@licen[cs]e|@preserve")
_PATTERN = re.compile(r"/(?:[^\\/\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/")
# A slash after a value divides; otherwise it starts a regular expression.
_VALUE = re.compile(r"""(?:[\w$\])"'`]|\+\+|--)$""")
_NO_VALUE = re.compile(r"(?<![\w$.])(?:return|typeof|case|in|of|delete|void|throw|new|do|else|instanceof|await|yield)$")
_CONDITION = re.compile(r"(?<![\w$.])(?:if|while|for|with)$")

_FROM = r"""\s*from\s*["'](?P<from>[^"'\n]+)["']\s*;?"""
_NAME = r"[\w$]+"
_IMPORT = re.compile(
    rf"import\b\s*(?P<default>{_NAME})?[\s,]*(?:\*\s*as\s+(?P<all>{_NAME})|\{{(?P<names>[^}}]*)\}})?{_FROM}"
)
_EXPORT_NAMES = re.compile(rf"export\s*\{{(?P<names>[^}}]*)\}}(?:{_FROM}|\s*;?)")
_EXPORT_DEFAULT = re.compile(
    rf"export\s+default\b\s*(?:(?P<head>(?:async\s+)?function\b\s*\*?|class\b)\s*(?P<name>(?!extends\b){_NAME})?)?"
)
_EXPORT_DECLARED = re.compile(
    rf"export\s+(?=(?:const|let|var|class|(?:async\s+)?function\b\s*\*?)\s*(?P<name>{_NAME}))"
)
_RENAMED = re.compile(rf"({_NAME})(?:\s+as\s+({_NAME}))?")
_LIVE, _DECLARED, _LATER = (f"{HOST}{name}.js" for name in ("live", "declared", "later"))
_KINDS = (".css", ".html", ".js", ".png", ".svg", ".webmanifest", ".woff2")


@cache
def page_file(name: str) -> str:
    """The text of a page file, such as `map4/page/parts/table.js`."""
    return page_bytes(name).decode("utf-8")


def page_bytes(name: str) -> bytes:
    """The bytes of a page file, such as `map4/page/icon.svg`."""
    return _declared()[name].encode() if name in _declared() else _files()[name].read_bytes()


def page_names() -> frozenset[str]:
    """The names of all page files, for `page_file`."""
    return frozenset((*_files(), *_declared()))


@cache
def page_views() -> tuple[View, ...]:
    """The declared views, in menu order."""
    return tuple(in_order(lambda each: each.views))


@cache
def page_styles() -> tuple[str, ...]:
    """The style sheets of views and their extensions."""
    styles = (_file_of(item.module).removesuffix("js") + "css" for item in _items())
    return tuple(style for style in dict.fromkeys(styles) if style in _files())


def _items() -> tuple[View | PagePart, ...]:
    return (*page_views(), *in_order(lambda each: each.page_parts))


def _file_of(target: str) -> str:
    package, _, path = target.partition(":")
    return f"{package.replace('.', '/')}/{path}"


@cache
def _files() -> dict[str, Traversable]:
    """All page files, from the page's folder and the folders of declared modules."""
    folders = {(__package__, "")}
    for item in _items():
        package, _, path = item.module.partition(":")
        folders.add((package, posixpath.dirname(path)))
    return {
        name: file
        for package, folder in folders
        for name, file in _inside(files(package).joinpath(folder), _file_of(f"{package}:{folder}").rstrip("/"))
    }


def _inside(folder: Traversable, name: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _inside(entry, f"{name}/{entry.name}")
        elif entry.name.endswith(_KINDS):
            yield f"{name}/{entry.name}", entry


@cache
def _declared() -> dict[str, str]:
    """The generated modules: `declared.js` has what the first view needs, and `later.js` adds the rest to it."""
    called = {"in_menu": "isInMenu", "needs_accounts": "needsAccounts"}
    names = ("name", "title", "path", "key", "needs", *called)
    views = [{called.get(name, name): getattr(view, name) for name in names} for view in page_views()]
    texts = {
        _DECLARED: f"export const VIEWS = {json.dumps(views)};\nexport const MAKE = {{}};\nexport const PARTS = [];\n"
        'export const later = () => import("./later.js");\n',
        _LATER: 'import { MAKE, PARTS } from "./declared.js";\n',
    }
    for number, item in enumerate(_items()):
        path, name = posixpath.relpath(_file_of(item.module), HOST), f"m{number}"
        if isinstance(item, View):
            is_first, exported, added = not item.path, "make", f'MAKE["{item.name}"] = {name}'
        else:
            is_first, exported = item.place == "room", item.place
            added = f'PARTS.push({{ place: "{item.place}", needs: "{item.needs}", part: {name} }})'
        texts[_DECLARED if is_first else _LATER] += f'import {{ {exported} as {name} }} from "./{path}";\n{added};\n'
    return texts


@cache
def page_scripts() -> dict[str, str]:
    """The scripts of the page, by name: that of the first view, and one for the others that uses its modules."""
    parts = linked(_LIVE, _LATER)
    count = list(parts).index(_LIVE) + 1
    shared = ",".join(f"m{place}" for place in range(count))
    first, later = ("".join(list(parts.values())[some]) for some in (slice(count), slice(count, None)))
    return {_LIVE: f"{first}export{{{shared}}};", _LATER: f'import{{{shared}}}from"./live.js";{later}'}


def linked(*entries: str, read: Callable[[str], str] = page_file) -> dict[str, str]:
    """Modules and their imports, in order, as parts of a script by name.

    read: returns the text of a file by name
    raises ValueError: if something can't be linked
    """
    modules: dict[str, _Module] = {}

    def add(name: str, *importers: str) -> None:
        if name in importers:
            raise ValueError(f"{name} is part of a circular import")
        if name in modules:
            return
        module = _Reader(name, read(name)).module()
        for imported in module.imports:
            add(imported.file, name, *importers)
            if missing := [it for it in imported.names if it not in modules[imported.file].exports]:
                raise ValueError(f"{name}: {imported.file} has no {', '.join(missing)}")
        modules[name] = module

    for entry in entries:
        add(entry)
    places = {name: place for place, name in enumerate(modules)}
    return {name: module.as_function(places) for name, module in modules.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Import:
    """An import of a module; `taken` is the parameter it becomes."""

    file: str
    names: tuple[str, ...] = ()
    taken: str


@dataclass(slots=True, kw_only=True)
class _Module:
    name: str
    body: str = ""
    imports: list[_Import] = field(default_factory=list)
    exports: dict[str, str] = field(default_factory=dict)

    def as_function(self, places: dict[str, int]) -> str:
        taken = ",".join(imported.taken for imported in self.imports)
        given = ",".join(f"m{places[imported.file]}" for imported in self.imports)
        exports = ",".join(f"{name}:{value}" for name, value in self.exports.items())
        # The semicolon: functions with destructured parameters must not begin with "use strict".
        return f"const m{places[self.name]}=(({taken})=>{{;{self.body}\nreturn{{{exports}}};}})({given});\n"


class _Reader:
    """Parses a module in one pass."""

    def __init__(self, name: str, source: str) -> None:
        self._source = source
        self._at = 0
        self._before = ""  # code since the last token
        self._open: list[str] = []
        self._parts: list[str] = []
        self._copied = 0
        self._module = _Module(name=name)

    def module(self) -> _Module:
        while stop := _STOP.search(self._source, self._at):
            self._before = self._source[self._at : stop.start()].rstrip() or self._before
            self._at = stop.start()
            match token := stop[0]:
                case "import" | "export":
                    self._word(token)
                case '"' | "'":
                    self._pass(_STRING[token], token)
                case "`":
                    self._at += 1
                    self._template()
                case "/":
                    self._slash()
                case _:
                    self._bracket(token)
        if self._open:
            raise self._problem("is not closed", self._open[-1])
        self._module.body = re.sub(r"\n\s+", "\n", "".join([*self._parts, self._source[self._copied :]]))
        return self._module

    def _problem(self, what: str, code: str = "") -> ValueError:
        line = self._source.count("\n", 0, self._at) + 1
        code = code or self._source[self._at : self._at + 40].partition("\n")[0]
        return ValueError(f"{self._module.name}, line {line}: '{code}' {what}")

    def _pass(self, what: re.Pattern[str], before: str) -> str:
        match = what.match(self._source, self._at)
        if match is None:
            raise self._problem("is not closed")
        self._at, self._before = match.end(), before
        return match[0]

    def _replace(self, end: int, text: str) -> None:
        self._parts += (self._source[self._copied : self._at], text)
        self._at = self._copied = end

    def _template(self) -> None:
        if self._pass(_TEMPLATE, "`").endswith("{"):
            self._open.append("${")
            self._before = "{"

    def _slash(self) -> None:
        is_value = _VALUE.search(self._before) and not _NO_VALUE.search(self._before)
        if comment := _COMMENT.match(self._source, self._at):
            substitute = comment[0] if _LICENCE_COMMENT.search(comment[0]) else "\n" if "\n" in comment[0] else " "
            self._replace(comment.end(), substitute)
        elif not is_value and _PATTERN.match(self._source, self._at):
            self._pass(_PATTERN, '"')
        else:
            self._at, self._before = self._at + 1, "/"

    def _bracket(self, token: str) -> None:
        self._at += 1
        if token in "([{":
            self._open.append("if(" if token == "(" and _CONDITION.search(self._before) else token)
            self._before = token
            return
        if not self._open:
            raise self._problem("was never opened", token)
        match self._open.pop():
            case "${":
                self._template()
            case "if(" | "{":  # a statement follows
                self._before = ";"
            case _:
                self._before = token

    def _word(self, word: str) -> None:
        after = self._source[self._at + len(word) : self._at + 99].lstrip()[:1]
        if self._open or after in (".", "("):  # a method name, `import.meta` or a dynamic import
            self._at, self._before = self._at + len(word), word
        elif word == "import":
            self._import()
        else:
            self._export()

    def _file(self, written: str) -> str:
        if not written.startswith(("./", "../")):
            raise self._problem("is not a file of the page")
        return posixpath.normpath(posixpath.join(posixpath.dirname(self._module.name), written))

    def _names(self, listed: str) -> list[tuple[str, str]]:
        parts = [(part, _RENAMED.fullmatch(part)) for part in map(str.strip, listed.split(",")) if part]
        if wrong := [part for part, renamed in parts if renamed is None]:
            raise self._problem("is not understood", wrong[0])
        return [(renamed[1], renamed[2] or renamed[1]) for _, renamed in parts if renamed]

    def _import(self) -> None:
        source, at, imports = self._source, self._at, self._module.imports
        if match := _IMPORT.match(source, at):
            file = self._file(match["from"])
            names = [*([("default", match["default"])] if match["default"] else []), *self._names(match["names"] or "")]
            if names:
                taken = ",".join(f"{name}:{called}" for name, called in names)
                imports.append(_Import(file=file, names=tuple(name for name, _ in names), taken=f"{{{taken}}}"))
            if match["all"]:
                imports.append(_Import(file=file, taken=match["all"]))
        else:
            raise self._problem("is not understood")
        self._replace(match.end(), ";")

    def _export(self) -> None:
        source, at, exports, imports = self._source, self._at, self._module.exports, self._module.imports
        taken = f"_from{len(imports)}"
        if match := _EXPORT_NAMES.match(source, at):
            names = self._names(match["names"])
            of = f"{taken}." if match["from"] else ""
            exports.update({called: f"{of}{name}" for name, called in names})
            if match["from"]:
                listed = tuple(name for name, _ in names)
                imports.append(_Import(file=self._file(match["from"]), names=listed, taken=taken))
            self._replace(match.end(), ";")
        elif match := _EXPORT_DEFAULT.match(source, at):
            exports["default"] = match["name"] or "_default"
            declared = f"{match['head']} {exports['default']} " if match["head"] else "const _default="
            self._replace(match.end(), declared)
        elif match := _EXPORT_DECLARED.match(source, at):
            exports[match["name"]] = match["name"]
            self._replace(match.end(), "")
        else:
            raise self._problem("is not understood")
