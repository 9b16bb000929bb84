"""Change one setting in map4.toml; comments, order and everything else stay as they are."""

from __future__ import annotations

import json
import os
import re
import shutil
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from map4.base.near_names import did_you_mean
from map4.base.regular_files import read_regular
from map4.base.unfinished import replace_file, unfinished
from map4.errors import NothingFoundError, UsageError
from map4.settings.config import MOST_BYTES, SETTINGS, Config, default_of, setting_of, value_of

_HEADER = re.compile(r"\s*\[")


def change_setting(config: Config, name: str, text: str | None) -> str | None:
    """Set a setting in the configuration file, or take it out.

    name: with the table that it stands in, such as `providers.musicbrainz.contact`
    text: the value as in the environment; None takes it out
    returns: what counts in place of the file: the command line, or a variable
    raises UsageError: if there is no such setting, or the value is wrong, or has a form that is changed by hand
    raises NothingFoundError: if there is nothing to take out
    """
    names, value = _to_write(name, text)
    path = os.path.realpath(config.file)
    try:
        before = read_regular(path, most_bytes=MOST_BYTES).decode()
    except FileNotFoundError:
        before = ""
    after = with_setting(before, names, value)
    if after is None:
        line = f"take {name} out" if value is None else f"write {names[-1]} = {as_toml(value)}"
        raise UsageError(f"{config.file} has {name} in a form that map4 does not change; {line} by hand")
    if value is None and after == before:
        raise NothingFoundError(f"{config.file} does not set {name}")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with unfinished(path, "partial") as partial:
        with open(partial, "w", encoding="utf-8", newline="") as file:
            file.write(after)
        with suppress(FileNotFoundError):
            shutil.copymode(path, partial)
        replace_file(partial, path)
    return config.in_place_of_file(name)


def _to_write(name: str, text: str | None) -> tuple[list[str], Any]:
    """The names of a setting in the file, and the value that a text stands for."""
    setting = setting_of(name)
    if setting is None:
        near = did_you_mean(name, SETTINGS, otherwise="'map4 config' shows all")
        raise UsageError(f"there is no setting '{name}'; {near}")
    inside = name[len(setting.name) + 1 :].split(".") if name != setting.name else []
    members = setting.members
    names = [*setting.name.split("."), *inside]
    if text is None:
        return names, None
    if not members and not inside and not isinstance(default_of(setting), dict):
        return names, value_of(setting, text, name)
    if len(inside) != 2 or not members or not re.fullmatch(r"[\w-]+", inside[0]):
        how = f"write it as {setting.example}" if members else "write it into the file by hand"
        raise UsageError(f"'{name}' can't be set alone; {how}")
    if inside[1] not in members:
        raise UsageError(f"there is no setting '{name}'; {did_you_mean(inside[1], members)}")
    return names, _member(name, text, *members[inside[1]])


def _member(name: str, text: str, kinds: tuple[type, ...], what: str) -> Any:
    if bool in kinds and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if float in kinds:
        with suppress(ValueError):
            return float(text)
    if str in kinds and text:
        return text
    raise UsageError(f"{name} must be {what}, not '{text}'")


def with_setting(text: str, names: Sequence[str], value: Any) -> str | None:
    """The text of a file of TOML with one value set, or taken out.

    names: of the tables, and at last of the value
    value: text, number, truth or a list of texts; None takes it out
    returns: None where it is written in a form that is changed by hand: over several lines, or in a table in a line
    """
    before = tomllib.loads(text)
    *tables, name = names
    changed = _changed(text.splitlines(keepends=True), tables, name, value)
    expected = _with_value(before, names, value)
    try:  # judged by what it says then: a file of TOML can say the same in many ways
        return changed if tomllib.loads(changed) == expected else None
    except tomllib.TOMLDecodeError:
        return None


def as_toml(value: Any) -> str:
    """A value as it is written in TOML."""
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(as_toml, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _changed(lines: list[str], tables: Sequence[str], name: str, value: Any) -> str:
    found = _table_in(lines, tables)
    begin, end = found or (len(lines), len(lines))
    written = None if value is None else f"{name} = {as_toml(value)}"
    assigned = re.compile(rf"\s*[\"']?{re.escape(name)}[\"']?\s*=")
    for place in range(begin, end):
        if assigned.match(lines[place]):
            comment = _comment_of(lines[place])
            lines[place : place + 1] = [] if written is None else [f"{written}{comment}\n"]
            return "".join(lines)
    if written is None:
        return "".join(lines)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    if found is None:
        return "".join([*lines, "\n" * bool(lines), f"[{'.'.join(tables)}]\n{written}\n"])
    while end > begin and not lines[end - 1].strip():
        end -= 1
    return "".join([*lines[:end], f"{written}\n", *lines[end:]])


def _table_in(lines: Sequence[str], tables: Sequence[str]) -> tuple[int, int] | None:
    """The lines below the head of a table; None where there is no such table."""
    heads = [place for place, line in enumerate(lines) if _HEADER.match(line)]
    if not tables:
        return 0, min(heads, default=len(lines))
    parts = r"\s*\.\s*".join(rf"[\"']?{re.escape(one)}[\"']?" for one in tables)
    begin = next((place for place in heads if re.match(rf"\s*\[\s*{parts}\s*\]", lines[place])), None)
    if begin is None:
        return None
    return begin + 1, next((place for place in heads if place > begin), len(lines))


def _comment_of(line: str) -> str:
    """The comment behind a value, with the blanks before it."""
    for found in re.finditer(r"\s*#", line):
        try:
            tomllib.loads(line[: found.start()])
        except tomllib.TOMLDecodeError:  # this one is in a text
            continue
        return line[found.start() :].rstrip("\r\n")
    return ""


def _with_value(table: dict[str, Any], names: Sequence[str], value: Any) -> dict[str, Any]:
    first, *rest = names
    if rest:
        return {**table, first: _with_value(table.get(first, {}), rest, value)}
    without = {name: one for name, one in table.items() if name != first}
    return without if value is None else {**without, first: list(value) if isinstance(value, tuple) else value}
