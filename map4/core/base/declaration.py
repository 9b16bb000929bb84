"""Declarations of subjects and extras: names, numbers and "module:name" strings, so that a list imports nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from operator import attrgetter
from typing import Any, ClassVar, Literal, dataclass_transform


@dataclass_transform(frozen_default=True)
class Declared:
    """Base of declarations: fields and defaults as in a dataclass, which takes a millisecond to make."""

    member: ClassVar[str]
    """The member of `Declaration` that has rows of this class."""

    def __init_subclass__(cls, member: str = "") -> None:
        cls.member = member

    def __init__(self, *values: Any, **given: Any) -> None:
        fields = type(self).__annotations__
        unknown = [*values[len(fields) :], *(name for name in given if name not in fields)]
        given.update(zip(fields, values, strict=False))
        missing = [name for name in fields if name not in given and not hasattr(type(self), name)]
        if unknown or missing:
            problem = f"has no {unknown[0]}" if unknown else f"needs {missing[0]}"
            raise TypeError(f"{type(self).__name__} {problem}")
        vars(self).update(given)


class Command(Declared, member="commands"):
    """A command or sub-command of `map4`.

    name: as typed; of a sub-command with its group, such as "playlist check"
    target: "module:name" of the Click command; the first sentence of its docstring is its line in the group's help
    group: its heading in `map4 --help`, one of `map4.cli.main.GROUPS`; "" for sub-commands
    order: its place under the heading; sub-commands are sorted by name
    aliases: other names of it
    is_listed: whether the group's help lists it; one without a heading is then not completed either
    must_finish: a reader that closes the pipe cuts the work short, which has its own exit code
    is_paged: long output on a terminal goes to a pager; it must neither draw progress bars nor read keys
    """

    name: str
    target: str
    group: str = ""
    order: int = 0
    aliases: tuple[str, ...] = ()
    is_listed: bool = True
    must_finish: bool = False
    is_paged: bool = False


class Topic(Declared, member="topics"):
    """A text of `map4 help NAME`, for what concerns several commands.

    name: as typed; a command of the same name is explained by its --help
    target: "package:name.txt", or "module:name" of a function that returns the text; at most 80 columns
    summary: its line in `map4 help --help`
    order: its place there
    commands: whose --help names the topic
    """

    name: str
    target: str
    summary: str
    order: int = 0
    commands: tuple[str, ...] = ()


class PackageExtra(Declared, member="package_extras"):
    """What an extra of map4's package adds: a row of `map4 help install`.

    name: in the brackets of `pip install '.[NAME]'`
    purpose: what it is for, a verb first; at most 60 letters
    order: its place there
    """

    name: str
    purpose: str
    order: int = 0


class Routes(Declared, member="routes"):
    """Routes of the server under one tag of its OpenAPI document.

    tag: the name of the tag
    target: "module:name" of a sequence of `map4.server.route.Route`, or of a class or method of
        `Library` that is `served`
    order: place of the tag in the document
    about: its description, once for each tag
    players: of routes for music players: how their addresses begin; empty bodies there need no media type
    takes_forms: whether bodies there can be forms, and a GET may change something
    help: which address such a player gets, in `map4 help serve`
    """

    tag: str
    target: str
    order: int = 0
    about: str = ""
    players: str = ""
    takes_forms: bool = False
    help: str = ""


class Tools(Declared, member="tools"):
    """Tools for assistants.

    target: "module:name" of a sequence of `map4.core.base.tool.Tool`, or the module of functions made tools by `tool`
    order: their place in the list of tools
    """

    target: str
    order: int = 0


class JobType(Declared, member="jobs"):
    """A kind of job that `map4 serve` runs. A kind of plan has the default lane, options and work.

    needs: the scope that the caller needs
    lane: jobs of one lane share its room, jobs of different lanes run beside each other
    options: "module:name" of the record that it takes
    work: "module:name" of the function that does it, in a separate process (`map4.jobs.process.Work`)
    order: place of the kind, and of its lane, in lists of them
    room: how many jobs of the lane run at the same time
    writes: the option with which it writes a file that can be fetched, or "always"
    settings: names of settings whose values it gets
    hourly: "module:name" of a function that a server calls each hour: it takes the settings, and returns the options of
        a job to queue unless one is queued, or None
    draft: of a kind of plan: "module:name" of the function that draws it up; it takes the library and what the caller
        gives, and returns a `map4.jobs.plan_records.Draft`
    plan: of a kind of plan: "module:name" of the function that carries it out; it takes the library, a
        `map4.jobs.plan_records.Begun` and a function to report progress
    """

    name: str
    needs: str
    lane: str = "plans"
    options: str = "map4.jobs.requests:PlannedWork"
    work: str = "map4.jobs.plans.part:planned"
    order: int = 0
    room: int = 1
    writes: str = ""
    settings: tuple[str, ...] = ()
    hourly: str = ""
    draft: str = ""
    plan: str = ""


class Tables(Declared, member="tables"):
    """Tables of the library.

    target: "module:name" of a sequence of `map4.core.store.stored_tables.StoredTable`
    order: core tables are created in this order; all tables are copied, merged and erased in it
    extra: the extra that they belong to, whose first write creates them; "" for the core
    """

    target: str
    order: int = 0
    extra: str = ""


class UndoKind(Declared, member="undo"):
    """A kind of steps that can be undone.

    needs: the scope that undoing needs
    steps: "module:name" of a function that takes the store and yields `map4.core.base.files.undo.UndoStep`, new to old
    files: of steps with files: "module:name" of a class that takes the store, whose `undo` yields `UndoneFile`
    action: what the audit log notes then
    is_of_set: whether `map4 set` makes such steps beside its own, so that `map4 set undo` names a later one
    """

    name: str
    needs: str
    steps: str
    files: str = ""
    action: str = ""
    is_of_set: bool = False


class View(Declared, member="views"):
    """A view of the page.

    name: names the view in styles (`body[data-view=NAME]`)
    title: its entry in the menu, and the title of its window
    path: the first part of its addresses, such as "lists" in /lists/l-12; "" is the root
    module: "package:file" of the JavaScript module that exports `make`; a style sheet of this name is applied, and all
        files beside it are sent, too
    order: place in the menu
    key: the letter that opens it, after "g"
    needs: the scope without which the menu leaves it out
    in_menu: whether the menu has it at all
    needs_accounts: whether the menu leaves it out while there are no accounts
    ahead: API paths whose responses a server prepares when it starts, or the target of a function (context) that does
    """

    name: str
    title: str
    path: str
    module: str
    order: int = 0
    key: str = ""
    needs: str = ""
    in_menu: bool = True
    needs_accounts: bool = False
    ahead: tuple[str, ...] = ()


class PagePart(Declared, member="page_parts"):
    """Something that a subject adds to the view of another, such as a button.

    place: where it is added, one of `Places` in map4/page/app.js
    module: "package:file" of the JavaScript module that exports it, under the name of the place; styles as of a view
    order: place among the parts of the same place
    needs: the scope without which it is left out
    """

    place: str
    module: str
    order: int = 0
    needs: str = ""


class FileFormat(Declared, member="formats"):
    """A format of lists or exports.

    target: "module:name" of a `map4.formats.format.Format`
    order: its place; of two formats that share a suffix, the first is written
    begins: what its files begin with, in any case; the longest that fits counts
    contains: what its files have near their beginning
    """

    target: str
    order: int = 0
    begins: tuple[str, ...] = ()
    contains: str = ""


class LibraryReader(Declared, member="importers"):
    """A reader of libraries of another program.

    target: "module:name" of a `map4.formats.importer.Importer`
    order: its place; the first that recognises a file reads it, so that readers of any text come last
    instead: ends of names of files that it can't read; what each is, and what to do
    hint: what to try where no reader recognises a file
    """

    target: str
    order: int = 0
    instead: Mapping[str, str] = {}
    hint: str = ""


QueryKind = Literal[
    "number", "level", "duration", "date", "text", "key", "path", "codec", "is", "has", "clock", "control"
]


class QueryField(Declared, member="query_fields"):
    """A field of queries with all its forms: how it is written, its SQL, its words, and its columns.

    name: before the colon; its column has `_` for `-`
    kind: what its values look like; of declared fields "number", "duration", "date" or "text"
    help: what it is, with its unit
    example: a term
    step: the unit in which the number is shown; ends of a range reach half a step further, so that what is shown as
        128.0 is within 120..128; 0 compares exactly
    least, most: what a number can be; a value outside is a slip
    units: what a number may end with, in lower case, and the factor of each
    values: the only texts that it takes, in lower case, with their meanings; empty for any
    sql: SQL of its value, of a file `f` with its facts `x`
    measured: instead, the place of a number in an analysis, such as "loudness.range_lu"; it is read without an index
    forms: instead, where this SQL depends on the context, or its order or its words differ from others of its kind:
        "module:name" of a `map4.core.store.query.forms.FieldForms`
    extra: the extra whose tables it reads; a library without these tables knows no value
    column: "text", "whole" or "number" makes it a column of tables, too; it needs `forms`
    after: the declared or core field that it follows in lists; "" puts it at the end
    aliases: names that users of other programs try first
    in_words: what precedes its value in words, if not the name; None shows a text as it is
    unit: what follows its number in words
    title: its name in rules, if not made from `name`
    head, width: of its column on a page, in pixels; "" and 0 are the usual ones of its name and kind
    drawn: how a page draws it, if not as others of its kind
    digits: decimal places on a page
    parts: the smallest part of a unit that a page gets, such as 100 for hundredths
    """

    name: str
    kind: QueryKind
    help: str
    example: str
    step: float = 0.0
    least: float = -1e9
    most: float = 1e9
    units: Mapping[str, float] | None = None
    values: Mapping[str, str] = {}
    sql: str = ""
    measured: str = ""
    forms: str = ""
    extra: str = ""
    column: Literal["", "text", "whole", "number"] = ""
    after: str = ""
    aliases: tuple[str, ...] = ()
    in_words: str | None = ""
    unit: str = ""
    title: str = ""
    head: str = ""
    width: int = 0
    drawn: Literal["", "moment", "marks"] = ""
    digits: int = 0
    parts: int = 1


class IsWord(Declared, member="is_words"):
    """A value of `is:` in queries.

    name: after the colon
    help: what holds of the tracks that it finds
    forms: "module:name" of a `map4.core.store.query.forms.WordForms`: how it is decided in SQL and in Python
    extra: the extra whose tables it reads; a library without these tables has no such track
    after: the declared or core word that it follows in lists; "" puts it at the end
    """

    name: str
    help: str
    forms: str
    extra: str = ""
    after: str = ""


class Right(Declared, member="rights"):
    """A scope of accounts and tokens, in addition to the core scopes.

    name: as `needs` of routes, tools and methods name it
    help: what it allows
    role: the least role that has it: "viewer", "user" or "admin"
    after: the declared or core scope that it follows in lists; "" puts it at the end
    for_devices: whether the password of a music player grants it
    """

    name: str
    help: str
    role: Literal["viewer", "user", "admin"]
    after: str = ""
    for_devices: bool = False


class TrackBlock(Declared, member="track_blocks"):
    """What an extra knows of a track: a member of `extras` in `map4/track/1`, and `Track.block(name)` in Python.

    name: of the member
    forms: "module:name" of a `map4.core.store.query.forms.BlockForms`
    extra: the extra whose tables it reads; a library without these tables has none
    """

    name: str
    forms: str
    extra: str


class Setting(Declared, member="settings"):
    """A setting of map4.toml.

    name: dotted, as in map4.toml
    help: what it means
    reader: how a text of the environment or a value of TOML is read: one of `map4.settings.config.READERS`
    arguments: further arguments of the reader
    check: "module:name" of a function that takes what was read and returns the value, or raises ValueError
    order: its place in lists of settings
    default: the value if none is set
    default_target: "module:name" of the default, or of a function that returns it
    shown: "module:name" of a function that hides the secret part of a value, which can be read from a file, too
    preference: its name in `map4.core.music.query.context.Preferences`, if each library keeps its own; the setting is
        for a library that keeps none yet
    is_named_whole: whether its variable uses the whole name, not only the last part
    members: of a table of tables: the keys of each, with their types and display names
    example: of a table of tables: the dotted name of a key
    """

    name: str
    help: str
    reader: str
    arguments: tuple[str | float, ...] = ()
    check: str = ""
    order: int = 0
    default: Any = None
    default_target: str = ""
    shown: str = ""
    preference: str = ""
    is_named_whole: bool = False
    members: Mapping[str, tuple[tuple[type, ...], str]] = {}
    example: str = ""

    @property
    def variable(self) -> str:
        """Its environment variable: MAP4_ and the last part of the name (`scan.jobs` is MAP4_JOBS), or all of it."""
        name = self.name if self.is_named_whole else self.name.rsplit(".", 1)[-1]
        return "MAP4_" + name.replace(".", "_").upper()


class Hook:
    """A hook, by its name; if it has several by a key, such as a setting, it is written `hook[key]`."""

    def __init__(self, name: str, about: str | None) -> None:
        self.name, self.__doc__ = name, about

    def __repr__(self) -> str:
        return self.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hook) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)


class Declaration(Declared):
    """Everything that one subject or extra registers: rows of any kind, then by keyword what is no row.

    A row without `order` follows the row of its kind before it.

    programs: folders of `map4/formats` without which it is left out
    parts: attribute of `Library` -> "module:name" of its class; `library.part(CLASS)` has its type
    hooks: a hook of `map4.library.hookspecs` -> "module:name" of what the core calls there
    calls: attribute of `Library` -> "module:name" of a function that takes the library first
    events: words for what happens in its tables (`change` of a `StoredTable`, `what` of a `map4/event/1`)
    services: "module:name" of functions that take the application and give an async context manager, in which the
        server runs
    observers: "module:name" of functions that take `map4.server.context.ServerParts` and give an `Observer`
    around_server: "module:name" of functions that take `ServerSettings` and give a context manager, in which the server
        starts and ends
    sharing: "module:name" of functions that take `ServerSettings` and give a `map4.server.sharing.Sharing`, or None
    """

    programs: tuple[str, ...] = ()
    commands: tuple[Command, ...] = ()
    topics: tuple[Topic, ...] = ()
    package_extras: tuple[PackageExtra, ...] = ()
    routes: tuple[Routes, ...] = ()
    tools: tuple[Tools, ...] = ()
    jobs: tuple[JobType, ...] = ()
    tables: tuple[Tables, ...] = ()
    views: tuple[View, ...] = ()
    page_parts: tuple[PagePart, ...] = ()
    settings: tuple[Setting, ...] = ()
    formats: tuple[FileFormat, ...] = ()
    importers: tuple[LibraryReader, ...] = ()
    query_fields: tuple[QueryField, ...] = ()
    is_words: tuple[IsWord, ...] = ()
    track_blocks: tuple[TrackBlock, ...] = ()
    rights: tuple[Right, ...] = ()
    undo: tuple[UndoKind, ...] = ()
    events: tuple[str, ...] = ()
    parts: Mapping[str, str] = {}
    calls: Mapping[str, str] = {}
    hooks: Mapping[Hook, str] = {}
    services: tuple[str, ...] = ()
    observers: tuple[str, ...] = ()
    around_server: tuple[str, ...] = ()
    sharing: tuple[str, ...] = ()

    def __init__(self, *rows: Declared, **given: Any) -> None:
        super().__init__(**given)
        for row in rows:
            before = getattr(self, row.member)
            if before and not getattr(row, "order", True):
                vars(row)["order"] = before[-1].order
            vars(self)[row.member] = (*before, row)


def load(target: str) -> Any:
    """The object that "module:name" names, imported now; of "package:name.txt" its text."""
    module, _, name = target.partition(":")
    if name.endswith(".txt"):
        with open(os.path.join(import_module(module).__path__[0], name), encoding="utf-8") as file:
            return file.read()
    return attrgetter(name)(import_module(module))
