"""Opens the store of a library; only this module decides its kind."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, cast

from map4.core.audio.decoder import DEFAULT_DECODER
from map4.core.base.actor import Actor
from map4.core.base.paths import PathLike, absolute_path, display_path, is_database, shown_address
from map4.core.music.query.context import Preferences
from map4.core.store.place import IN_MEMORY
from map4.errors import NothingFoundError, UsageError
from map4.library import hookspecs
from map4.version import packages_of

if TYPE_CHECKING:
    from map4.core.base.events import Writer
    from map4.core.store.sql_store import Store
    from map4.settings import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class LibrarySettings:
    """The library and its options from the settings; see `map4.Library.open`."""

    path: PathLike
    shared: PathLike | None = None
    decoder: str = DEFAULT_DECODER
    preferences: Preferences | None = None

    @classmethod
    def of(cls, config: Config) -> Self:
        return cls(
            path=config["library"],
            shared=config["shared"],
            decoder=config["analysis.decoder"],
            preferences=Preferences(
                sources=tuple(config["analysis.prefer"]),
                articles=tuple(config["names.articles"]),
                whole_names=tuple(config["names.whole"]),
                mono=config["loudness.mono"],
                pitch_percent=config["mix.pitch_range"],
                own_remixes=config["playlist.own_remixes"],
                recent=config["playlist.recent"],
                has_key_lock=config["mix.key_lock"],
                listeners=tuple(name for name in hookspecs.listener.names() if config[name]),
            ),
        )


def open_store(
    path: PathLike,
    *,
    create: bool,
    preferences: Preferences | None,
    actor: Actor,
    writer: Writer,
    on_update: Callable[[str], object] | None = None,
    shared: PathLike | None = None,
) -> Store:
    """The store of a library; see `map4.Library.open`."""
    library = library_address(path)
    if is_database(library):
        return database_store(library)(
            library,
            create=create,
            shared=None if shared is None else _shared_folder(shared),
            preferences=preferences,
            actor=actor,
            writer=writer,
            on_update=on_update,
        )
    from map4.core.store.sqlite_store import SqliteStore

    if not create:
        library = existing(library)
    return SqliteStore(library, preferences=preferences, actor=actor, writer=writer, on_update=on_update)


def _shared_folder(folder: PathLike) -> str:
    path = absolute_path(folder)
    if not os.path.isdir(path):
        raise UsageError(f"there is no folder {display_path(path)} to share; make it, or mount it")
    return path


def database_store(library: str) -> Callable[..., Store]:
    """The store class for a database address; raises UsageError without its packages."""
    with packages_of("postgres", f"the library {shown_address(library)} needs"):
        if store := hookspecs.store_class["postgresql"].declared():
            return cast("Callable[..., Store]", store)
        raise ModuleNotFoundError("map4/extras/postgres")


def library_address(path: PathLike) -> str:
    """The absolute path of a library, or its unchanged database address."""
    return str(path) if path == IN_MEMORY or is_database(path) else absolute_path(path)


def existing(path: PathLike, otherwise: str = "yet; 'map4 scan FOLDER' makes it") -> str:
    """The path of an existing library file; raises NothingFoundError if it does not exist."""
    library = file_address(path)
    if not os.path.exists(library):
        raise NothingFoundError(f"there is no library {library} {otherwise}")
    return library


def file_address(path: PathLike) -> str:
    """The path of a library file, existing or not; raises UsageError for a database."""
    if is_database(path):
        raise UsageError(
            f"{shown_address(str(path))} is not a file: its server checks and repairs it; 'map4 library backup' saves "
            "it to a library file, and 'map4 library copy' loads a file into an empty database"
        )
    return absolute_path(path)
