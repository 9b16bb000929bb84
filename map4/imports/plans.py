"""Plans of imports."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from map4.core.base.path_maps import PathMap, PathMaps
from map4.core.base.paths import display_path
from map4.core.base.regular_files import OnDisk
from map4.core.base.text import counted
from map4.core.music.analysis.key import Key
from map4.core.music.track.cues import GridMark
from map4.core.music.track.fields import fields_of
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.track import Track
from map4.errors import NothingFoundError, UsageError
from map4.formats import BeatGrid
from map4.imports.options import ImportOptions
from map4.imports.records import ImportSummary, StagedEntry
from map4.jobs import Begun, Draft, Reporter, ShownChanges, WayBack

if TYPE_CHECKING:
    from map4.library import Library

_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")
_MOST_NAME = 60  # maximum letters of the stored name of an uploaded file


def draft_import(library: Library, path: str, name: str, options: ImportOptions) -> Draft:
    """Draft the import of an uploaded file.

    path: its temporary place
    name: its file name, under which it is stored, separately for each account
    """
    # Close to its name, as some files are recognised by name.
    base = "".join(letter for letter in name if letter.isprintable())[-_MOST_NAME:].strip()
    named = os.path.join(os.path.dirname(path), base if base.strip(".") and os.sep not in base else "upload")
    os.rename(path, named)
    with OnDisk(named).open() as file:
        if file.read(8).startswith(_ARCHIVES):
            raise UsageError(
                "this is an archive; upload the single file that the program keeps or exports, such as rekordbox.xml, "
                "collection.nml or m.db. 'map4 import FOLDER' reads folders"
            )
    whose = str(library.actor.id) if library.actor.has_account else "local"
    known_as = os.path.join(f"{library.beside}.uploads", whose, os.path.basename(named))
    is_again = any(record.path == known_as for record in library.imports.history())
    matched, maps = list[StagedEntry](), options.path_maps
    done = library.imports.preview(named, options, known_as, matched.append)
    if not done.tracks and not done.lists:
        raise NothingFoundError(f"{display_path(name)} contains no tracks and no lists")
    again = ("this file was imported before: its data is replaced",) if is_again else ()
    shown = _changes(library, matched)
    changes = f"; the values of {counted(shown.count, 'track')} change" if shown.count else "; no current value changes"
    return Draft(
        summary=f"{done.matched:,} of {counted(done.tracks, 'track')} found; {_new(done)}{changes}",
        work={
            "known_as": known_as,
            "options": {**asdict(replace(options, path_maps=None)), "path_maps": maps and [*map(str, maps.maps)]},
            "tracks": done.tracks,
            "changed": done.changed,
            "changed_lists": done.changed_lists,
            "is_again": is_again,
        },
        warnings=(*again, *_waiting(done), *done.remarks),
        count=done.tracks + len(done.lists),
        changes=shown.changes,
        details=_summary_record(done),
        upload=named,
    )


def _changes(library: Library, matched: Sequence[StagedEntry]) -> ShownChanges:
    """Return how the current values of the tracks would change, as far as user values and preferences allow."""
    shown = ShownChanges()
    for at in range(0, len(matched), _AT_ONCE):
        entries = {
            staged.file.path: staged.track.values.shifted(staged.file.offset_s)
            for staged in matched[at : at + _AT_ONCE]
            if staged.file
        }
        for track in library.tracks.at(list(entries))[0]:
            known = () if track.imported is None else (track.imported,)
            after = replace(track, imported=ImportedValues.merged((entries[track.path], *known)))
            fields = tuple(
                (name, was, becomes)
                for name, was, becomes in zip(_SHOWN, _shown(track), _shown(after), strict=True)
                if (
                    not is_same_grid(BeatGrid.in_force(track), BeatGrid.in_force(after))
                    if name == "grid"
                    else was != becomes
                )
            )
            if fields:
                shown.add(track.path, fields, audio_id=track.audio_id)
    return shown


_SHOWN = (*(field.name for field in fields_of("imported")), "cues", "grid")
_AT_ONCE = 500
_ROUNDED_S, _ROUNDED_BPM = 0.002, 0.01  # differences of grids that programs round away
_WORDS = {"bpm": "tempo", "names": "title and artist"}


def _shown(track: Track) -> list[str | None]:
    texts = [_text(next(iter(track.sources(name).values()), None)) for name in _SHOWN[:-2]]
    cues, grid = len(track.set_cues()), track.set_grid()
    markers = f"{counted(len(grid), 'grid marker')} from {grid[0].position_s:.3f} s" if grid else None
    return [*texts, counted(cues, "cue point") if cues else None, markers]


def is_same_grid(before: Sequence[GridMark], after: Sequence[GridMark]) -> bool:
    """Whether two grids have the same beats and bars."""
    return len(before) == len(after) and all(
        abs(one.bpm - other.bpm) <= _ROUNDED_BPM
        and abs((beats := (other.position_s - one.position_s) * one.bpm / 60) - round(beats)) * 60
        <= _ROUNDED_S * one.bpm
        and (one.beat is None or other.beat is None or (other.beat - one.beat - round(beats)) % (one.metre or 4) == 0)
        for one, other in zip(before, after, strict=True)
    )


def _text(value: object) -> str | None:
    if isinstance(value, Key):
        return value.camelot
    return None if value is None else str(round(value, 2) if isinstance(value, float) else value)


def _new(done: ImportSummary) -> str:
    if not done.changed and not done.changed_lists:
        return f"new: {counted(done.marks, 'mark')}" if done.marks else "nothing in it is new"
    new = " and ".join(counted(n, what) for n, what in ((done.changed, "track"), (done.changed_lists, "list")) if n)
    named = ((_WORDS.get(name, name), count) for name, count in done.values.items() if count)
    parts = [name if count == done.changed else f"{name} of {count:,}" for name, count in named]
    parts += [counted(done.marks, "mark")] if done.marks else []
    return f"new for {new}: {', '.join(parts) or 'nothing else'}"


def _waiting(done: ImportSummary) -> tuple[str, ...]:
    if not done.waiting:
        return ()
    waiting = f"{counted(len(done.waiting), 'track')} would wait for a scan to find the file"
    return (f"{waiting}; if its folder has another name here, give both (path_map): /there/Music=/here",)


def _summary_record(done: ImportSummary) -> dict[str, Any]:
    """Return the summary record with a limited number of waiting entries."""
    return replace(done, waiting=done.waiting[: ShownChanges.MOST]).to_record()


def do_import(library: Library, begun: Begun, report: Reporter) -> dict[str, Any]:
    work = begun.work
    if begun.upload is None:
        raise NothingFoundError("the uploaded file is gone; upload it again")
    texts = work["options"].pop("path_maps")
    maps = None if texts is None else PathMaps(maps=tuple(map(PathMap.parse, texts)))
    done = library.imports.read(
        begun.upload,
        ImportOptions(**{**work["options"], "path_maps": maps}),
        known_as=work["known_as"],
        on_track=lambda count: report.progress(count, work["tracks"]),
    )
    if not done.changed and not done.changed_lists:  # stored by an attempt whose process ended before its result
        done = replace(done, changed=work["changed"], changed_lists=work["changed_lists"])
    back = {"imported": display_path(work["known_as"]), "plays": True}
    undo = None if work["is_again"] else WayBack(plan="forget", body=back)
    return {**begun.result_of(done.changed + done.changed_lists, undo=undo), "import": _summary_record(done)}
