"""Detect library tracks in recorded sets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial

from map4.core.audio.decoder import load_decoder
from map4.core.base.paths import PathLike, Paths, display_path, path_text
from map4.core.base.regular_files import OnDisk
from map4.core.store.sql_store import Store
from map4.errors import NothingFoundError, UsageError
from map4.extras.unmix.decoding import DecodingWatch, OnRead
from map4.extras.unmix.reader import OnStage, SetReader
from map4.extras.unmix.records import Unmixed
from map4.extras.unmix.request import UnmixOptions
from map4.formats import PlaylistReadError
from map4.scan import TrackResolver
from map4.search import NameMatcher, read_wanted

_MOST_LIST_BYTES = 4_000_000
_TEXT = frozenset((".txt", ".text", ".md", ""))


def unmix_files(
    files: Paths, options: UnmixOptions, resolver: TrackResolver, on_stage: OnStage, on_read: OnRead | None = None
) -> Iterator[Unmixed]:
    """Yield the track lists of recordings one by one; see `map4.Library.unmix`."""
    paths = list(resolver.open_some(files, "name a recording"))
    store = resolver.store
    among: set[int] | None = None
    if options.query is not None:
        among = set(store.search.file_ids(options.query, store.context()))
        if not among:
            raise NothingFoundError("no track of the library matches the query; try another --from")
    if options.tracklist is not None:
        listed = _listed(options.tracklist, resolver)
        among = listed if among is None else among & listed
        if not among:
            name = display_path(path_text(options.tracklist))
            raise NothingFoundError(f"the library has no track of {name}; for the reasons, run 'map4 playlist check'")
    decoder = load_decoder(resolver.scanner().decoder)

    def stage_reporter(path: str) -> OnStage:
        return lambda stage: on_stage(f"{os.path.basename(display_path(path))}: {stage}")

    watch = None
    if options.longest_s is not None or on_read is not None:
        watch = partial(DecodingWatch, longest_s=options.longest_s, on_read=on_read or (lambda *_: None))
    for path in paths:
        reader = SetReader(
            resolver.store, decoder, among=among, is_clip=options.clip, on_stage=stage_reporter(path), watch=watch
        )
        yield reader.read(path)


def _listed(name: PathLike, resolver: TrackResolver) -> set[int]:
    """File ids of a list: a list file of any format, or lines of text."""
    path = path_text(name)
    file_ids: set[int] = set()
    with_names = os.path.splitext(path)[1].lower() in _TEXT
    try:
        entries = resolver.read_list(path).entries
        paths = [entry.track.path for entry in entries if entry.track is not None]
        file_ids |= set(resolver.store.search.at_paths(paths).file_ids)
    except PlaylistReadError as error:
        if not with_names:
            raise UsageError(str(error)) from None
    if file_ids or not with_names:
        return file_ids
    return _named(path, resolver.store)


def _named(path: str, store: Store) -> set[int]:
    """File ids of lines 'artist - title'."""
    try:
        text = OnDisk(os.path.expanduser(path)).read(most_bytes=_MOST_LIST_BYTES).decode("utf-8", "replace")
    except OSError as error:
        raise UsageError(f"{display_path(path)} can't be read: {error.strerror}") from None
    names = store.search.names("", store.context())
    matcher = NameMatcher((artist, title) for _, artist, title in names)
    best = (matcher.best(line.artist, line.title, same_number=True) for line in read_wanted(text))
    return {names[match[0]][0] for match in best if match is not None and match[1] >= NameMatcher.POSSIBLE}
