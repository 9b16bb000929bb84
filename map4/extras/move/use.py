"""Move a library: read it, write the files of the target, read them back, and compare; `library.move`."""

from __future__ import annotations

import glob
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from tempfile import TemporaryDirectory
from typing import Any

from map4.core.base.actor import needs
from map4.core.base.call_options import USUAL, CallOptions, option, takes
from map4.core.base.path_maps import Location, PathMaps
from map4.core.base.paths import PathLike, display_path, path_text
from map4.core.base.text import counted
from map4.core.music.track.cues import CuePoint
from map4.core.music.track.imported import ImportedValues
from map4.core.store.output import OutputFileError, OutputFiles
from map4.errors import NothingFoundError, UsageError
from map4.extras.move.compare_tracks import KIND_OF, MoveTally, compare_track, leave_out, names_of_values
from map4.extras.move.placing import Placed, placed_lists, shown_list
from map4.extras.move.records import Certificate, Kind, NotRead
from map4.extras.move.source import MovedTrack, ReadLibrary, read_files, read_library, read_stick, tag_values
from map4.extras.move.targets import STICK, Target, target_of
from map4.extras.move.writing import BegunMove, files_of, require_free, write_files
from map4.formats import DjPlaylist, Importer, ReadNotes
from map4.library import Library

_NAMED = {"navidrome": "the folder of its lists", "folder": "the folder of lists"}


def usual_place(name: str) -> str:
    """Return the library of a program in its usual place; with several versions, the last."""
    usual = {each.name.partition("-")[0]: each.places for each in Importer.all().values() if each.places}
    if name in _NAMED:
        raise NothingFoundError(f"name {_NAMED[name]} instead of '{name}'")
    if name not in usual:
        hint = UsageError.did_you_mean(name, usual) if os.sep not in name and "." not in name else "check the path"
        raise NothingFoundError(f"there is no file {display_path(name)}; {hint}")
    places = [os.path.expandvars(os.path.expanduser(place)) for place in usual[name]]
    known = [path for place in places for path in sorted(glob.glob(place), key=_number_key)]
    if not known:
        looked = ", ".join(place for place in places if not place.startswith("$"))
        raise NothingFoundError(f"there is no library of {name} in its usual place ({looked}); name the file instead")
    return known[-1]


def _number_key(path: str) -> list[tuple[str, int]]:
    """Return a key that sorts Traktor 3.9 before 3.11."""
    return [(text, int(number or 0)) for text, number in re.findall(r"(\D*)(\d*)", path)]


_MOST_NAMED = 3
Tags = Mapping[str, ImportedValues]  # values in the tags of the music by path in the source


def compare(
    source: ReadLibrary, target: Target, result: ReadLibrary, path_maps: PathMaps, had: Tags, music: Tags
) -> MoveTally:
    """Compare all tracks and lists, with the tags before (`had`) and after the move (`music`)."""
    tally = MoveTally(target)
    places = _compare_tracks(tally, source, result, path_maps, had, music)
    _compare_lists(tally, source, result, places)
    return tally


def _compare_tracks(
    tally: MoveTally, source: ReadLibrary, result: ReadLibrary, path_maps: PathMaps, had: Tags, music: Tags
) -> dict[str, int]:
    """Compare the tracks; returns the place in the source of each key in the result."""
    target, nothing, there = tally.target, ImportedValues(), dict[int, MovedTrack]()
    # A program may store a path in a form that can be read in several ways.
    by_place = {place: track for track in result.tracks for place in reversed(track.places)}
    places = dict[str, int]()
    for index, track in enumerate(source.tracks):
        match = None if track.path is None else by_place.get(target.place(path_maps.mapped(track.path)))
        if match is not None:
            there[index] = _with_values(match, music.get(track.path or "", nothing)) if target.has_only_lists else match
            for key in match.keys:
                places.setdefault(key, index)
    known = names_of_values(there.values())
    for index, track in enumerate(source.tracks):
        for _ in track.keys[1:]:
            why = "the source has this file twice; the first entry goes over"
            tally.lose("tracks", "entry", why, program_holds=False, track=track.name)
        if index in there:
            tally.equal["tracks"] += 1
            compare_track(tally, track, there[index], known, _with_values(track, had.get(track.path or "", nothing)))
        else:
            has_file = track.path is not None
            why = "it is not in the result" if has_file else "it names no file"
            tally.lose("tracks", "track", why, program_holds=has_file, track=track.name)
            leave_out(tally, track, None, "its track did not arrive", in_program=has_file)
    for track in result.tracks:
        if track.keys[0] not in places:
            tally.lose("tracks", "track", "the source has none", arrival="added", track=track.name, after=track.name)
    return places


def _with_values(track: MovedTrack, values: ImportedValues) -> MovedTrack:
    return replace(track, track=replace(track.track, values=values, my_tags=()))


# ---- lists ---------------------------------------------------------------------------------------


def _compare_lists(tally: MoveTally, source: ReadLibrary, result: ReadLibrary, places: Mapping[str, int]) -> None:
    for listed in source.lists:
        if listed.kind != "list":
            _leave_out_list(tally, "histories", listed, f"history of {counted(len(listed.keys), 'play')}")
        elif listed.live is not None and not tally.target.has_live_lists:
            _leave_out_list(tally, "smart_lists", listed, "smart list")
    there = dict[tuple[tuple[str, ...], str], list[DjPlaylist]]()
    for listed in result.lists:
        there.setdefault((listed.folders, listed.name), []).append(listed)
    folders = dict[tuple[str, ...], tuple[str, ...]]()
    indexes = {key: index for index, track in enumerate(source.tracks) if track.path for key in track.keys}
    for placed in placed_lists(tally.target, source):
        alike = there.get((placed.folders, placed.name))
        match = alike.pop(0) if alike else None
        if placed.is_added:
            continue
        kind: Kind = "lists" if placed.listed.live is None else "smart_lists"
        item = kind.removesuffix("s").replace("_", " ")
        if match is None:
            tally.lose(kind, item, list=placed.shown)
        elif kind == "smart_lists":
            before, after = placed.listed.live, match.live
            if before == after:
                tally.equal["smart_lists"] += 1
            else:
                texts = {"before": before and before.text, "after": after and after.text}
                why = "the result has another value"
                tally.lose("smart_lists", "smart list", why, arrival="changed", list=placed.shown, **texts)
        else:
            wanted = [indexes.get(key) for key in placed.listed.keys]
            _list(tally, source, placed, wanted, [places.get(key) for key in match.keys])
        for depth in range(1, len(placed.folders) + 1):
            becomes = placed.folders[:depth] if match is not None else ()
            folders[placed.listed.folders[:depth]] = folders.get(placed.listed.folders[:depth]) or becomes
    for names, becomes in folders.items():
        if becomes:
            _name(tally, "folders", "folder", " / ".join(names), " / ".join(becomes), " / ".join(names))
        else:
            tally.lose("folders", "folder", list=" / ".join(names))
    for more in there.values():
        for listed in more:
            tally.lose("lists", "list", "the source has none", arrival="added", list=shown_list(listed))


def _leave_out_list(tally: MoveTally, kind: Kind, listed: DjPlaylist, item: str) -> None:
    lacks = tally.target.lacks(kind, listed)
    tally.lose(
        kind, item, "; ".join(lacks) or "not in the files", program_holds=not lacks, compared=False,
        list=shown_list(listed), before=listed.live and listed.live.text,
    )  # fmt: skip


def _list(
    tally: MoveTally, source: ReadLibrary, placed: Placed, wanted: Sequence[int | None], got: Sequence[int | None]
) -> None:
    """Compare the entries of a list, its name, and its order.

    wanted: places of its tracks in the source; None without a file
    """
    held: list[int | None] = [index for index in wanted if index is not None]
    missing, more = Counter(held) - Counter(got), Counter(got) - Counter(held)
    names = [source.tracks[index].name for index in missing if index is not None]
    shown = ", ".join(names[:_MOST_NAMED]) + (", …" if len(names) > _MOST_NAMED else "")
    whys = [f"missing: {shown}"] if names else []
    whys += [f"{counted(more.total(), 'entry', 'entries')} more"] if more else []
    if whys or len(held) < len(wanted):
        placeless = counted(len(wanted) - len(held), "entry names", "entries name")
        tally.lose(
            "lists", "list", "; ".join(whys) or f"{placeless} no file", arrival="changed", program_holds=bool(whys),
            list=placed.shown, before=counted(len(wanted), "entry", "entries"),
            after=counted(len(got), "entry", "entries"),
        )  # fmt: skip
    else:
        _name(tally, "lists", "name", placed.listed.name, placed.name, placed.shown)
    common = Counter(held) & Counter(got)
    if _places_among(held, common) == _places_among(got, common):
        tally.equal["order"] += 1
    else:
        tally.lose("order", "order", "the tracks are in another order", arrival="changed", list=placed.shown)


def _name(tally: MoveTally, kind: Kind, item: str, before: str, after: str, shown: str) -> None:
    """Compare the name of a list or folder with that in its place."""
    if before == after:
        tally.equal[kind] += 1
        return
    in_program = tally.target.name == "mixxx"
    reason = "the file of a list can't have this name" if in_program else "the target can't have this name there"
    tally.lose(kind, item, reason, arrival="changed", program_holds=in_program, list=shown, before=before, after=after)


def _places_among(indexes: Sequence[int | None], common: Counter[int | None]) -> list[int | None]:
    left, shared = Counter(common), list[int | None]()
    for index in indexes:
        if left[index] > 0:
            left[index] -= 1
            shared.append(index)
    return shared


_BUTTONS = 8
Music = Mapping[str, ImportedValues]  # values in the tags of the music, by path


def write_cues(source: ReadLibrary, music: Music, library: Library, *, force: bool) -> tuple[str | None, list[str]]:
    """Write cue points into the tags of the music; returns the journal, and why files were skipped."""
    journal, refused = None, list[str]()
    for done in library.tags.write_serato(_wanted(source, music, force=force)):
        journal = done.journal or journal
        if done.problem is not None:
            refused.append(f"{display_path(done.path)} {done.problem}; its cue points were not written")
    return journal, refused


def tags_with_cues(source: ReadLibrary, music: Music, *, force: bool) -> Music:
    """Return the tags of the music as after `write_cues`."""
    after = dict(music)
    for path, cues in _wanted(source, music, force=force).items():
        if os.path.isfile(Location.as_file_name(path)):
            taken = {cue.number for cue in cues}
            others = [cue for cue in music[path].cues if cue.kind == "loop" or cue.number not in taken]
            after[path] = replace(music[path], cues=(*others, *cues))
    return after


def _wanted(source: ReadLibrary, music: Music, *, force: bool) -> dict[str, list[CuePoint]]:
    """Return the cue points to write, by path; with `force` also on taken buttons."""
    wanted = dict[str, list[CuePoint]]()
    for track in source.tracks:
        if track.path is not None:
            present = () if force else music[track.path].cues
            taken = {cue.number for cue in present if cue.kind != "loop"}
            if cues := [cue for cue in _place_on_buttons(track.values.cues) if cue.number not in taken]:
                wanted[track.path] = cues
    return wanted


def _place_on_buttons(cues: Sequence[CuePoint]) -> Iterator[CuePoint]:
    """Yield cue points on their buttons: hot cues keep theirs, others get free ones as far as there are."""
    points = [cue for cue in cues if cue.kind != "loop"]
    own = dict[int, CuePoint]()
    for cue in points:
        if cue.number is not None and cue.number < _BUTTONS:
            own.setdefault(cue.number, cue)
    free = iter([number for number in range(_BUTTONS) if number not in own])
    for cue in points:
        number = cue.number if cue.number is not None and own.get(cue.number) is cue else next(free, None)
        if number is not None:
            name = cue.name or CuePoint.KIND_NAMES.get(cue.kind)
            yield replace(cue, kind="cue", number=number, name=name, position_s=max(cue.position_s, 0.0))


CERTIFICATE = "certificate.html"
_NOTHING_LOST = (
    "tracks with the id of another track", "further entries of the same file", "entries of playlists",
    "entries of lists", "entries of histories", "histories without a track", "podcasts", "flips",
)  # fmt: skip
"""How names of omissions begin that no target could take over."""
_SMART = ("smart", "filter folders")
_HELD_AS = {"cues": "hot_cues", "played_at": "histories"}
"""Names of `Lack` for values that no name of `ImportedValues` has."""


class MoveOptions(CallOptions):
    """How to move a library."""

    format_name: str | None = option(
        None, "--from", "Format of FROM, if map4 can't recognise it.", metavar="FORMAT", heading="Input"
    )
    output: str | os.PathLike[str] | None = option(
        None, "-o --output", "Folder for the files and the certificate. (default: moved-to-TO)", metavar="DIR",
        heading="The files",
    )  # fmt: skip
    path_maps: PathMaps = option(PathMaps(), about="Folders that have another name for the target.")
    force: bool = option(
        False, "--force", "Replace existing files, and cue points on Serato's buttons.", heading="The files"
    )
    dry_run: bool = option(False, about="Write nothing; compare with files in a temporary folder.")


@needs("files")
@takes("map4.extras.move.use:MoveOptions")
def move(library: Library, source: PathLike, to: str, options: MoveOptions = USUAL, **keywords: Any) -> Certificate:
    """Write another program's library for a further program, read it back, and compare it with the source.

    The library is only used for journals of tags (Serato), and for sticks: tracks need not be scanned.

    >>> library.move("rekordbox.xml", "traktor").is_complete  # doctest: +SKIP

    source: the other program's file or folder, or its name if that is in its usual place
    to: rekordbox, traktor, serato, virtualdj, navidrome, mixxx, folder, or the folder of a stick that map4 wrote,
        which is only compared
    returns: A `Certificate`: counts by kind, and each loss with its reason
    raises NothingFoundError, ImportReadError: if the source does not exist, or is unreadable
    raises UsageError: if map4 can't write for the program
    raises OutputFileError: if a file exists, or can't be written
    """
    source, output, target = path_text(source), OutputFiles.of(library._services.store), target_of(to)
    if target is STICK and options.output is not None:
        raise UsageError("a stick is only compared, and nothing is written: leave -o out, and see --json")
    there = read_stick(library, to) if target is STICK else None
    path = usual_place(source) if not os.path.exists(source) else os.path.abspath(source)
    read = read_library(path, options.format_name, with_names=target.name != "folder")
    usual = to if target is STICK else f"moved-to-{target.name}"
    folder = os.path.abspath(usual if options.output is None else options.output)
    begun, files = BegunMove(folder, output), files_of(read, target)
    output = replace(output, written=begun)
    had, remarks = dict[str, ImportedValues](), list(read.notes.remarks)
    remarks += _obstacles(output, read, target, folder, [*files, CERTIFICATE], options)
    if target.reads_tags:
        had = {track.path: tag_values(target.importer, track.path) for track in read.tracks if track.path is not None}
        if absent := sum(not os.path.isfile(Location.as_file_name(path)) for path in had):
            remarks.append(f"the music of {counted(absent, 'track')} is not on this machine: its tags are unknown")

    def written(folder: str, output: OutputFiles) -> ReadLibrary:
        done = write_files(read, target, folder, options.path_maps, output, force=options.force)
        files[:] = done.files  # not those of queries that the program's rules can't express
        remarks.extend(remark for remark in done.remarks if remark not in remarks)
        # Only the written files, as a folder may have others.
        return read_files(target.importer, folder, done.files, by_file_name=target.name in ("mixxx", "folder"))

    tags: Mapping[str, ImportedValues] = had
    journal, is_for_serato = None, target.name == "serato"
    if there is not None:
        result = there
    elif options.dry_run:
        tags = tags_with_cues(read, had, force=options.force) if is_for_serato else had
        with TemporaryDirectory(prefix="map4-") as temporary:
            result = written(temporary, replace(output, written=BegunMove(temporary, None)))
    else:
        result = written(folder, output)
        if is_for_serato:
            journal, refused = write_cues(read, had, library, force=options.force)
            remarks += refused
            tags = {path: tag_values(target.importer, path) for path in had}
    tally = compare(read, target, result, options.path_maps, had, tags)
    not_read = tuple(_not_read(read.notes.left_out, target))
    certificate = Certificate(
        source=path,
        format=read.importer,
        version=read.notes.version,
        to=target.name,
        output=folder,
        files=tuple(os.path.join(folder, file) for file in files),
        kinds=tuple(tally.kinds(not_read)),
        losses=tuple(tally.losses),
        not_read=not_read,
        remarks=tuple(remarks),
        journal=journal,
        is_dry_run=options.dry_run and there is None,
    )
    if there is None and not options.dry_run:
        _write_page(certificate, read.title, target, output, force=options.force)
        begun.end()
    return certificate


def _obstacles(
    output: OutputFiles, read: ReadLibrary, target: Target, folder: str, files: Sequence[str], options: MoveOptions
) -> list[str]:
    """Return why the files can't be written, for the report of a dry run; otherwise raises the error."""
    try:
        require_free(output, read, target, folder, files, force=options.force)
    except OutputFileError as error:
        if not options.dry_run:
            raise
        return [f"to write it: {error}"]
    return []


def _write_page(certificate: Certificate, title: str, target: Target, output: OutputFiles, *, force: bool) -> None:
    from map4.extras.move.page import certificate_page

    page = "".join(certificate_page(certificate, title, target)).encode()
    path = os.path.join(certificate.output, CERTIFICATE)
    output.write(path, lambda out: out.write(page), format_name="move", force=force)


def _not_read(left_out: Mapping[str, int], target: Target) -> Iterator[NotRead]:
    for what, count in left_out.items():
        field = ReadNotes.name_of(what)
        whole = (field or "").partition(".")[0]
        names = "smart_lists" if any(word in what for word in _SMART) else f"{field} {whole} {_HELD_AS.get(whole, '')}"
        in_program = not what.startswith(_NOTHING_LOST) and not target.lacks(names, None)
        if count:
            kind = KIND_OF.get(field or "")
            yield NotRead(what=what, count=count, program_holds=in_program, kind=kind, field=field)
