"""Names of the fields of `map4.core.music.track.tags` and of written fields in each tag format, from `names.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

_DATA: Mapping[str, Any] = tomllib.loads(files(__package__).joinpath("names.toml").read_text("utf-8"))
_FAMILIES = ("id3", "comments", "mp4", "asf")
READ_ONLY: dict[str, dict[str, list[str]]] = _DATA["read_only"]
"""By the family, and the field."""


def short_name(name: str) -> str:
    """Return a name in lower case; for MP4 without its namespace, which differs between programs."""
    return f"----:{name.rpartition(':')[2]}".lower() if name.startswith("----:") else name.lower()


def _add_copied_names(tables: Mapping[str, dict[str, tuple[str, ...]]]) -> None:
    """Add the names of other families under which FFmpeg copies what it can't convert: TPE4 to FLAC, WM/Year to ID3.

    The read-only names come last.
    """
    for field in _DATA["copied"]["fields"].split():
        bare, read_only = dict[str, None](), set[str]()
        for family in _FAMILIES:
            for name in tables[family].get(field, ()):
                plain = name.removeprefix("txxx:").removeprefix("----:")
                if ":" not in plain and plain.isascii():
                    bare |= dict.fromkeys((plain, plain.replace(" ", "_")))  # Matroska has no blanks
                    read_only |= {plain} & {name.rpartition(":")[2] for name in READ_ONLY[family].get(field, ())}
        for family, prefix in (("id3", "txxx:"), ("comments", ""), ("asf", "")):
            own = tables[family].get(field, ())
            added = [prefix + name for name in sorted(bare, key=read_only.__contains__) if prefix + name not in own]
            tables[family][field] = (*own, *added)
            only_read = [prefix + name for name in bare if name in read_only and prefix + name in added]
            READ_ONLY[family].setdefault(field, []).extend(only_read)


_TABLES = {
    family: {field: tuple(map(short_name, names)) for field, names in _DATA[family].items()}
    for family in (*_FAMILIES, "info")
}
_add_copied_names(_TABLES)
ID3_NAMES, COMMENT_NAMES, MP4_NAMES, ASF_NAMES, INFO_NAMES = _TABLES.values()
ID3_WRITTEN, COMMENT_WRITTEN, MP4_WRITTEN, ASF_WRITTEN = (
    {field: str(names[0]) for field, names in _DATA[family].items()} for family in _FAMILIES
)
APE_WRITTEN: dict[str, str] = {**COMMENT_WRITTEN, **_DATA["ape"]}


def names_of(slot: str, names: Mapping[str, tuple[str, ...]], family: str, *, usual: str) -> tuple[str, ...]:
    """Return the names under which a file may have a field to be written, the usual one first."""
    own = (name for name in names.get(slot, ()) if name not in READ_ONLY[family].get(slot, ()))
    return tuple(dict.fromkeys((usual.lower(), *own)))
