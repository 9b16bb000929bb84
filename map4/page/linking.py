"""The files of the page, and its script: modules linked to one, since a page that is one file has no other to load.

A module becomes a function of what it imports, which gives what it exports: so names of one never meet those of
another, and modules of others are taken as they are published. Of JavaScript as much is read as tells where a statement
begins: strings, templates, patterns (regular expressions), comments and brackets.

What a module exports is read once, when it has run. Modules in a circle, or with an `await` outside of functions, can't
be linked.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

_STOP = re.compile(r"""["'`/(){}\[\]]|(?<![\w$.#])(?:import|export)(?![\w$])""")
_STRING = {quote: re.compile(rf"{quote}(?:[^{quote}\\]|\\.)*{quote}", re.DOTALL) for quote in "\"'"}
_TEMPLATE = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))*(`|\$\{)", re.DOTALL)
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_KEPT_COMMENT = re.compile(r"/\*!|@licen[cs]e|@preserve")
_PATTERN = re.compile(r"/(?:[^\\/\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/")
# A slash behind a value divides; behind all else it opens a pattern.
_VALUE = re.compile(r"""(?:[\w$\])"'`]|\+\+|--)$""")
_NO_VALUE = re.compile(r"(?<![\w$.])(?:return|typeof|case|in|of|delete|void|throw|new|do|else|instanceof|await|yield)$")
_CONDITION = re.compile(r"(?<![\w$.])(?:if|while|for|with)$")

_FROM = r"""\s*from\s*["'](?P<from>[^"'\n]+)["']\s*;?"""
_NAME = r"[\w$]+"
_RUN = re.compile(r"""import\s*["'](?P<from>[^"'\n]+)["']\s*;?""")
_IMPORT = re.compile(
    rf"import\b\s*(?P<default>{_NAME})?[\s,]*(?:\*\s*as\s+(?P<all>{_NAME})|\{{(?P<names>[^}}]*)\}})?{_FROM}"
)
_EXPORT_NAMES = re.compile(rf"export\s*\{{(?P<names>[^}}]*)\}}(?:{_FROM}|\s*;?)")
_EXPORT_ALL = re.compile(rf"export\s*\*(?:\s*as\s+(?P<name>{_NAME}))?{_FROM}")
_EXPORT_DEFAULT = re.compile(
    rf"export\s+default\b\s*(?:(?P<head>(?:async\s+)?function\b\s*\*?|class\b)\s*(?P<name>(?!extends\b){_NAME})?)?"
)
_EXPORT_DECLARED = re.compile(
    rf"export\s+(?=(?:const|let|var|class|(?:async\s+)?function\b\s*\*?)\s*(?P<name>{_NAME}))"
)
_RENAMED = re.compile(rf"({_NAME})(?:\s+as\s+({_NAME}))?")
_ENDS_SCRIPT = re.compile(r"<(?=/?script|!--)", re.IGNORECASE)
_DEFAULT = "_default"


@cache
def page_file(name: str) -> str:
    """A file of the page, such as `parts/table.js`."""
    return page_bytes(name).decode("utf-8")


def page_bytes(name: str) -> bytes:
    """A file of the page as it is, such as `icon.png`."""
    return files(__package__).joinpath(name).read_bytes()


@cache
def page_names() -> frozenset[str]:
    """The files of the page, by the names that `page_file` takes."""
    top, rooms = files(__package__), ("", "parts/", "source/", "views/")
    found = (room + one.name for room in rooms for one in top.joinpath(room).iterdir())
    return frozenset(name for name in found if name.endswith((".css", ".html", ".js", ".png", ".svg", ".webmanifest")))


@cache
def report_script() -> tuple[str, ...]:
    """The script of a report, module by module; nothing in it ends the element that it stands in."""
    return linked("report.js")


def linked(entry: str, read: Callable[[str], str] = page_file) -> tuple[str, ...]:
    """A module behind all that it imports, as parts of one script.

    read: gives the text of a file by its name
    Raises ValueError for what can't be linked.
    """
    modules: dict[str, _Module] = {}
    begun: set[str] = set()

    def add(name: str) -> None:
        if name in modules:
            return
        if name in begun:
            raise ValueError(f"{name} is imported by what it imports")
        begun.add(name)
        module = _Reader(name, read(name)).module()
        for one in module.imports:
            add(one.file)
        for one in module.imports:
            one.check(name, modules[one.file].exports)
            if one.passed_on:
                passed = {it: f"{one.taken}.{it}" for it in modules[one.file].exports if it != "default"}
                module.exports = passed | module.exports  # a name of its own counts more
        modules[name] = module

    add(entry)
    places = {name: place for place, name in enumerate(modules)}
    return tuple(_ENDS_SCRIPT.sub(r"\\x3c", module.as_function(places)) for module in modules.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Import:
    """What a module takes from a file: `taken` is the parameter that it becomes."""

    file: str
    names: tuple[str, ...] = ()
    taken: str
    passed_on: bool = False

    def check(self, by: str, exported: dict[str, str]) -> None:
        if missing := [name for name in self.names if name not in exported]:
            raise ValueError(f"{by}: {self.file} has no {', '.join(missing)}")


@dataclass(slots=True, kw_only=True)
class _Module:
    name: str
    body: str = ""
    imports: list[_Import] = field(default_factory=list)
    exports: dict[str, str] = field(default_factory=dict)

    def as_function(self, places: dict[str, int]) -> str:
        taken = ",".join(one.taken for one in self.imports)
        given = ",".join(f"m{places[one.file]}" for one in self.imports)
        exports = ",".join(f"{name}:{value}" for name, value in self.exports.items())
        # The semicolon: functions with such parameters may not begin with "use strict".
        return f"const m{places[self.name]}=(({taken})=>{{;{self.body}\nreturn{{{exports}}};}})({given});\n"


class _Reader:
    """Reads a module once, from its beginning to its end."""

    def __init__(self, name: str, source: str) -> None:
        self._source = source
        self._at = 0
        self._before = ""  # the code up to here, back to what was looked at last
        self._open: list[str] = []
        self._parts: list[str] = []
        self._copied = 0
        self._module = _Module(name=name)

    def module(self) -> _Module:
        while found := _STOP.search(self._source, self._at):
            self._before = self._source[self._at : found.start()].rstrip() or self._before
            self._at = found.start()
            match token := found[0]:
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
        self._module.body = "".join([*self._parts, self._source[self._copied :]])
        return self._module

    def _problem(self, what: str, code: str = "") -> ValueError:
        line = self._source.count("\n", 0, self._at) + 1
        code = code or self._source[self._at : self._at + 40].partition("\n")[0]
        return ValueError(f"{self._module.name}, line {line}: '{code}' {what}")

    def _pass(self, what: re.Pattern[str], before: str) -> str:
        found = what.match(self._source, self._at)
        if found is None:
            raise self._problem("is not closed")
        self._at, self._before = found.end(), before
        return found[0]

    def _replace(self, end: int, text: str) -> None:
        self._parts += (self._source[self._copied : self._at], text)
        self._at = self._copied = end

    def _template(self) -> None:
        if self._pass(_TEMPLATE, "`").endswith("{"):
            self._open.append("${")
            self._before = "{"

    def _slash(self) -> None:
        if comment := _COMMENT.match(self._source, self._at):
            kept = comment[0] if _KEPT_COMMENT.search(comment[0]) else "\n" if "\n" in comment[0] else " "
            self._replace(comment.end(), kept)
        elif (not _VALUE.search(self._before) or _NO_VALUE.search(self._before)) and _PATTERN.match(
            self._source, self._at
        ):
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
            case "if(" | "{":  # what follows is a statement
                self._before = ";"
            case _:
                self._before = token

    def _word(self, word: str) -> None:
        after = self._source[self._at + len(word) : self._at + 99].lstrip()[:1]
        if word == "import" and after == "(":
            raise self._problem("loads what a page does not have")
        if self._open or after == ".":  # the name of a method, or `import.meta`
            self._at, self._before = self._at + len(word), word
        elif word == "import":
            self._import()
        else:
            self._export()

    def _file(self, written: str) -> str:
        if not written.startswith(("./", "../")):
            raise self._problem("names no file of the page")
        return posixpath.normpath(posixpath.join(posixpath.dirname(self._module.name), written))

    def _names(self, listed: str) -> list[tuple[str, str]]:
        found = [(part, _RENAMED.fullmatch(part)) for part in map(str.strip, listed.split(",")) if part]
        if wrong := [part for part, renamed in found if renamed is None]:
            raise self._problem("is not understood", wrong[0])
        return [(renamed[1], renamed[2] or renamed[1]) for _, renamed in found if renamed]

    def _import(self) -> None:
        source, at, imports = self._source, self._at, self._module.imports
        if found := _RUN.match(source, at):
            imports.append(_Import(file=self._file(found["from"]), taken=f"_from{len(imports)}"))
        elif found := _IMPORT.match(source, at):
            file = self._file(found["from"])
            names = [("default", found["default"])] if found["default"] else []
            names += self._names(found["names"] or "")
            if names:
                taken = ",".join(f"{name}:{called}" for name, called in names)
                imports.append(_Import(file=file, names=tuple(name for name, _ in names), taken=f"{{{taken}}}"))
            if found["all"]:
                imports.append(_Import(file=file, taken=found["all"]))
        else:
            raise self._problem("is not understood")
        self._replace(found.end(), ";")

    def _export(self) -> None:
        source, at, exports, imports = self._source, self._at, self._module.exports, self._module.imports
        taken = f"_from{len(imports)}"
        if found := _EXPORT_NAMES.match(source, at):
            names = self._names(found["names"])
            of = f"{taken}." if found["from"] else ""
            exports.update({called: f"{of}{name}" for name, called in names})
            if found["from"]:
                listed = tuple(name for name, _ in names)
                imports.append(_Import(file=self._file(found["from"]), names=listed, taken=taken))
            self._replace(found.end(), ";")
        elif found := _EXPORT_ALL.match(source, at):
            imports.append(_Import(file=self._file(found["from"]), taken=taken, passed_on=not found["name"]))
            if found["name"]:
                exports[found["name"]] = taken
            self._replace(found.end(), ";")
        elif found := _EXPORT_DEFAULT.match(source, at):
            exports["default"] = found["name"] or _DEFAULT
            declared = f"{found['head']} {exports['default']} " if found["head"] else f"const {_DEFAULT}="
            self._replace(found.end(), declared)
        elif found := _EXPORT_DECLARED.match(source, at):
            exports[found["name"]] = found["name"]
            self._replace(found.end(), "")
        else:
            raise self._problem("is not understood")
