"""Folder names in a DJ program: the path maps of its last import, reversed."""

from __future__ import annotations

import os
from collections.abc import Sequence

from map4.core.base.path_maps import Location, PathMaps
from map4.core.base.paths import PathLike, absolute_path, display_path
from map4.core.store.sql_store import Store
from map4.errors import UsageError
from map4.formats import Importer
from map4.imports import SqlImports, plain_location


def with_imported_paths(
    path_maps: PathMaps, format_name: str, store: Store, wanted: bool, into: PathLike | None = None
) -> tuple[PathMaps, Sequence[str]]:
    """Return the program's own paths if they are wanted, unless path maps were given, and a message about it.

    into: the file that is written into, whose last import counts before the program's last import
    """
    if not wanted and format_name not in Importer.all():
        raise UsageError(f"--path-map none has no effect on {format_name}; leave it out")
    if not wanted or path_maps != PathMaps():
        return path_maps, ()
    program = format_name.partition("-")[0]  # a program may have several formats; paths of its sticks don't count
    imports = [entry for entry in store.part(SqlImports).history() if entry.format in (program, f"{program}-db")]
    own = [] if into is None else [entry for entry in imports if entry.path == absolute_path(into)]
    last = next(iter(own or imports), None)
    if last is None or not last.path_maps:
        return path_maps, ()
    # For nested folders the inner one counts.
    maps = tuple(sorted((path_map.turned() for path_map in last.path_maps), key=lambda path_map: -len(path_map.source)))
    known: frozenset[str] = frozenset()
    if any(path_map.apply(other.source) is not None for path_map in maps for other in maps if path_map is not other):
        # Two of its folders are one folder here, or nested: the program's known paths decide.
        locations = store.part(SqlImports).locations(last.format, last.path)
        known = frozenset(Location.comparable(plain_location(location)) for location in locations)
    named, name = ", ".join(map(str, maps)), display_path(os.path.basename(last.path))
    message = f"--path-map of the import of {name}, reversed: {named} (--path-map none leaves it out)"
    return PathMaps(maps=maps, known=known), (message,)
