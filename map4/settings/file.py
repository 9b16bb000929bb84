"""Changes a setting in map4.toml, keeping comments and order."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import tomlkit

from map4.core.base.paths import display_path
from map4.core.base.regular_files import OnDisk
from map4.core.base.unfinished import SafeFile
from map4.errors import ConfigError, NothingFoundError, UsageError
from map4.settings.config import MOST_BYTES, SETTINGS, Config, default_of, setting_of, value_of


def change_setting(config: Config, name: str, text: str | None) -> str | None:
    """Set or remove a setting in the configuration file.

    name: with its table, such as `providers.musicbrainz.contact`
    text: the value as in the environment; None removes the setting
    returns: what overrides the file for this setting: the command line or a variable; None if nothing does
    """
    names, value = _to_write(name, text)
    path = os.path.realpath(config.file)
    try:
        before = OnDisk(path).read(most_bytes=MOST_BYTES).decode()
    except FileNotFoundError:
        before = ""
    try:
        after = with_setting(before, names, value)
    except NothingFoundError:
        raise NothingFoundError(f"{config.file} does not set {name}") from None
    except ValueError:
        how = f"remove {name}" if value is None else f"set {name} to {value}"
        raise UsageError(f"map4 can't edit {config.file} in its present form; {how} in an editor") from None
    try:
        SafeFile.make_private_folder(os.path.dirname(path))
        with SafeFile(path).unfinished("partial") as partial:
            with open(partial, "w", encoding="utf-8", newline="") as file:
                file.write(after)
            with suppress(FileNotFoundError):
                shutil.copymode(path, partial)
            SafeFile(partial).replace(path)
    except OSError as error:
        raise ConfigError(
            f"{config.file} can't be written: {error.strerror}; make it writable, or name another file with --config "
            "or MAP4_CONFIG"
        ) from None
    return config.in_place_of_file(name)


def _to_write(name: str, text: str | None) -> tuple[list[str], Any]:
    """The keys of a setting in the file, and its parsed value."""
    setting = setting_of(name)
    if setting is None:
        near = UsageError.did_you_mean(name, SETTINGS, otherwise="'map4 config' shows all")
        raise UsageError(f"there is no setting '{name}'; {near}")
    inside = name[len(setting.name) + 1 :].split(".") if name != setting.name else []
    members = setting.members
    names = [*setting.name.split("."), *inside]
    if text is None:
        return names, None
    if not members and not inside and not isinstance(default_of(setting), dict):
        value = value_of(setting, text, name)
        if names[-1] == "folder" and not os.path.isdir(value):
            raise UsageError(f"there is no folder {display_path(value)}; make it first")
        return names, value
    if len(inside) != 2 or not members or not re.fullmatch(r"[\w-]+", inside[0]):
        how = f"write it as {setting.example}" if members else "write it into the file by hand"
        raise UsageError(f"'{name}' can't be set on its own; {how}")
    if inside[1] not in members:
        raise UsageError(f"there is no setting '{name}'; {UsageError.did_you_mean(inside[1], members)}")
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


def with_setting(text: str, names: Sequence[str], value: Any) -> str:
    """The text of a TOML file with one value set or removed; comments and order stay.

    names: names of the tables, then of the value
    value: text, number, boolean or a list of texts; None removes it
    """
    document = tomlkit.parse(text)
    *tables, name = names
    table: Any = document
    for inner in tables:
        if inner not in table:
            if value is None:
                raise NothingFoundError("it is not set")
            table[inner] = tomlkit.table(is_super_table=inner != tables[-1])
        table = table[inner]
    if value is None:
        if name not in table:
            raise NothingFoundError("it is not set")
        del table[name]
    else:
        table[name] = list(value) if isinstance(value, tuple) else value
    changed = tomlkit.dumps(document)
    if tomllib.loads(changed) != _with_value(tomllib.loads(text), names, value):  # tables split across the file
        raise ValueError("the file can't be changed in place")
    return changed


def _with_value(table: dict[str, Any], names: Sequence[str], value: Any) -> dict[str, Any]:
    first, *rest = names
    if rest:
        return {**table, first: _with_value(table.get(first, {}), rest, value)}
    without = {name: entry for name, entry in table.items() if name != first}
    return without if value is None else {**without, first: list(value) if isinstance(value, tuple) else value}
