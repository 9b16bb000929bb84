"""Which subjects of `map4/` import which, and which names of the core extras import.

usage: uses.py     print `[tool.map4.uses]` and `[tool.map4.surfaces_use]` of pyproject.toml as this checkout has them,
                   and write the door of the core, `map4/extras/door.txt`
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ANYBODY = ("base", "errors", "hookspecs", "keywords", "version")
"""Whom every subject may use; `hookspecs` and `keywords` are for types only."""
HOSTS = ("cli", "library", "server")
SURFACE = re.compile(r"commands|routes|views|tools|job|part|plans")
"""What a subject shows: modules above the rules of all subjects, marked with `*`."""


def node_of(module: str) -> str:
    """The room of a module, with `*` if it is a surface of a subject: `lists`, `lists*`, `music` of `core/`."""
    _map4, subject, *rest = [*module.split("."), ""]
    if subject == "core":
        subject, *rest = [*rest, ""]
    if subject == "library" and rest[0] in ANYBODY:
        return rest[0]
    return f"{subject}*" if rest and subject not in HOSTS and SURFACE.fullmatch(rest[0]) else subject


def imported(path: Path) -> Iterator[list[str]]:
    """Module and name of each import from `map4` in a file; to parse all files takes seconds."""
    for module, names in re.findall(r"(?m)^ *from (map4(?:\.\w+)*) import (\([^)]*\)|.*)$", path.read_text("utf-8")):
        yield from ([module, name] for name in re.findall(r"(\w+)(?: as \w+)?", re.sub("#.*", "", names)))


def imports(root: Path) -> Iterator[tuple[str, str]]:
    """Pairs of modules of `map4`, importing and imported, also for types only and inside functions."""
    paths = {path.relative_to(root).with_suffix("").as_posix(): path for path in (root / "map4").rglob("*.py")}
    modules = {name.removesuffix("/__init__").replace("/", "."): path for name, path in paths.items()}
    for module, path in modules.items():
        for other, name in imported(path):
            yield module, f"{other}.{name}" if f"{other}.{name}" in modules else other


def used(root: Path) -> dict[str, set[str]]:
    """Subjects by the subject that imports them; extras are held by their own list."""
    uses: dict[str, set[str]] = defaultdict(set)
    for by, other in (map(node_of, modules) for modules in imports(root)):
        if (
            by not in ("", "extras", "hookspecs")
            and other not in ("", *ANYBODY)
            and by.rstrip("*") != other.rstrip("*")
        ):
            uses[by].add(other)
    return uses


def door(root: Path) -> dict[str, set[str]]:
    """Names of the core that extras import, by module."""
    names: dict[str, set[str]] = defaultdict(set)
    for path in (root / "map4" / "extras").rglob("*.py"):
        for module, name in imported(path):
            if re.match(r"map4\.(?!extras)", module):
                names[module].add(name)
    return names


def door_text(root: Path) -> str:
    extras = sorted(path.parent.name for path in (root / "map4" / "extras").glob("*/declaration.py"))
    lines = [f"{module}: {', '.join(sorted(names))}" for module, names in sorted(door(root).items())]
    return "\n".join((f"# Written by tools/uses.py, for {', '.join(extras)}. No promise to others.", *lines, ""))


def main() -> None:
    Path("map4/extras/door.txt").write_text(door_text(Path()), encoding="utf-8")
    uses = used(Path())
    for table, is_surface in (("uses", False), ("surfaces_use", True)):
        print(f"[tool.map4.{table}]")
        for subject, names in sorted(uses.items()):
            if subject.endswith("*") == is_surface:
                print(f"{subject.rstrip('*')} = {sorted(names)}".replace("'", '"'))


if __name__ == "__main__":
    main()
