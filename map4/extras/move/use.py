"""Move a library: read it, write the files of the target, read them back, and compare; `library.move`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from tempfile import TemporaryDirectory
from typing import Any

from map4.core.base.actor import needs
from map4.core.base.call_options import CallOptions, option
from map4.core.base.given_paths import PathLike, path_text
from map4.core.base.options import USUAL, takes
from map4.core.base.path_maps import PathMaps, as_file_name
from map4.core.base.paths import display_path
from map4.core.base.text import counted
from map4.core.music.track.cues import KIND_NAMES, CuePoint
from map4.core.music.track.imported import ImportedValues
from map4.core.store.output import OutputFiles
from map4.errors import UsageError
from map4.extras.move.compare import compare
from map4.extras.move.compare_tracks import KIND_OF
from map4.extras.move.records import Certificate, NotRead
from map4.extras.move.source import ReadLibrary, read_files, read_library, read_stick, tag_values
from map4.extras.move.targets import STICK, Target, target_of
from map4.extras.move.usual_places import usual_place
from map4.extras.move.writing import BegunMove, files_of, require_free, write_files
from map4.formats import ReadNotes
from map4.library import Library
from map4.tags import TagsPart

_BUTTONS = 8
Music = Mapping[str, ImportedValues]
"""Values in the tags of the music, by path."""


def write_cues(source: ReadLibrary, music: Music, tags: TagsPart, *, force: bool) -> tuple[str | None, list[str]]:
    """Write cue points into the tags of the music; returns the journal, and why files were skipped."""
    journal, refused = None, list[str]()
    for done in tags.write_serato(_wanted(source, music, force=force)):
        journal = done.journal or journal
        if done.problem is not None:
            refused.append(f"{display_path(done.path)} {done.problem}; its cue points were not written")
    return journal, refused


def tags_with_cues(source: ReadLibrary, music: Music, *, force: bool) -> Music:
    """Return the tags of the music as after `write_cues`."""
    after = dict(music)
    for path, cues in _wanted(source, music, force=force).items():
        if os.path.isfile(as_file_name(path)):
            taken = {cue.number for cue in cues}
            others = [cue for cue in music[path].cues if cue.kind == "loop" or cue.number not in taken]
            after[path] = replace(music[path], cues=(*others, *cues))
    return after


def _wanted(source: ReadLibrary, music: Music, *, force: bool) -> dict[str, list[CuePoint]]:
    """Return the cue points to write, by path.

    force: also on taken buttons
    """
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
            name = cue.name or KIND_NAMES.get(cue.kind)
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
    begun, files = BegunMove(folder, output.written), files_of(read, target)
    output = replace(output, written=begun)
    require_free(output, read, target, folder, [*files, CERTIFICATE], force=options.force)
    had, remarks = dict[str, ImportedValues](), list(read.notes.remarks)
    if target.reads_tags:
        had = {track.path: tag_values(target.importer, track.path) for track in read.tracks if track.path is not None}
        if absent := sum(not os.path.isfile(as_file_name(path)) for path in had):
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
            journal, refused = write_cues(read, had, library.tags, force=options.force)
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
