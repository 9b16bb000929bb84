"""Move a library: read it, write the files of the target, read them back, and compare; `library.move`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from map4.base.actor import needs
from map4.base.call_options import CallOptions, option
from map4.base.given_paths import PathLike, path_text
from map4.base.options import USUAL, takes
from map4.base.path_maps import PathMaps, as_file_name
from map4.base.paths import display_path
from map4.base.text import counted
from map4.errors import UsageError
from map4.extras.move.compare import compare
from map4.extras.move.records import Certificate, NotRead
from map4.extras.move.source import ReadLibrary, read_files, read_library, read_stick, tag_values
from map4.extras.move.targets import STICK, Target, target_of
from map4.extras.move.usual_places import usual_place
from map4.extras.move.writing import BegunMove, files_of, require_free, write_files
from map4.library import Library
from map4.music.track.cues import CuePoint
from map4.music.track.imported import ImportedValues
from map4.store.output import OutputFiles
from map4.tags import TagsPart

CERTIFICATE = "certificate.html"
_NOTHING_LOST = (
    "tracks with the id of another track", "further entries of the same file", "entries of playlists",
    "entries of lists", "entries of histories", "histories without a track", "podcasts", "flips",
)  # fmt: skip
"""How names of omissions begin that no target could take over."""
_SMART = ("smart", "filter folders")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class MovePlan:
    """A move that can be carried out.

    source: as read
    music: what the tags of the music hold before the move, by path
    certificate: what will arrive, as far as the target can hold it
    """

    source: ReadLibrary
    music: Mapping[str, ImportedValues]
    target: Target
    options: MoveOptions
    certificate: Certificate


@needs("files")
@takes("map4.extras.move.use:MoveOptions")
def move(library: Library, source: PathLike, to: str, options: MoveOptions = USUAL, **keywords: Any) -> Certificate:
    """Write another program's library for a further program, and compare the result with the source.

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
    plan = plan_move(library, source, to, options)
    return carry_out(library, plan) if plan.certificate.is_dry_run else plan.certificate


@needs("files")
@takes("map4.extras.move.use:MoveOptions")
def plan_move(library: Library, source: PathLike, to: str, options: MoveOptions = USUAL, **keywords: Any) -> MovePlan:
    """Plan `move` without writing: its `certificate` has what the target can hold, or what a stick has."""
    source, output, target = path_text(source), OutputFiles.of(library._services.store), target_of(to)
    if target is STICK and options.output is not None:
        raise UsageError("a stick is only compared, and nothing is written: leave -o out, and see --json")
    there = read_stick(library, to) if target is STICK else None
    path = usual_place(source) if not os.path.exists(source) else os.path.abspath(source)
    read = read_library(path, options.format_name, with_names=bool(target.program_names))
    usual = to if target is STICK else f"moved-to-{target.name}"
    folder = os.path.abspath(usual if options.output is None else options.output)
    options = replace(options, output=folder)
    files = files_of(read, target)
    begun = replace(output, written=BegunMove(folder, output))
    require_free(begun, read, target, folder, [*files, CERTIFICATE], force=options.force)
    music, remarks = dict[str, ImportedValues](), read.notes.remarks
    if target.in_music:
        paths = [track.path for track in read.tracks if track.path is not None]
        music = {path: tag_values(target.importer, path) for path in paths}
        if absent := sum(not os.path.isfile(as_file_name(path)) for path in paths):
            remarks = [
                *remarks,
                f"the music of {counted(absent, 'track')} is not on this machine: its tags are unknown",
            ]
    tally = compare(read, target, there, options.path_maps, music)
    certificate = Certificate(
        source=path,
        format=read.importer,
        version=read.notes.version,
        to=target.name,
        output=folder,
        files=tuple(os.path.join(folder, file) for file in files),
        kinds=tuple(tally.kinds()),
        losses=tuple(tally.losses),
        not_read=tuple(_not_read(read.notes.left_out, target)),
        remarks=tuple(remarks),
        is_dry_run=there is None,
    )
    return MovePlan(source=read, music=music, target=target, options=options, certificate=certificate)


@needs("files")
def carry_out(library: Library, plan: MovePlan) -> Certificate:
    """Carry out a plan of `plan_move`, and read the files back; the certificate is also written as a page."""
    from map4.extras.move.page import certificate_page

    source, target, options = plan.source, plan.target, plan.options
    folder = os.fspath(options.output or "")
    journal, refused = None, list[str]()
    output = OutputFiles.of(library._services.store)
    begun = BegunMove(folder, output)
    output = replace(output, written=begun)
    written = write_files(source, target, folder, options.path_maps, output, force=options.force)
    if target.name == "serato":
        journal, refused = _write_cues(plan, library.tags)
    # Only the written files, as a folder may have others.
    result = read_files(target.importer, folder, written.files, by_file_name=target.name in ("mixxx", "folder"))
    tally = compare(source, target, result, options.path_maps, plan.music)
    certificate = replace(
        plan.certificate,
        files=tuple(os.path.join(folder, file) for file in written.files),
        kinds=tuple(tally.kinds()),
        losses=tuple(tally.losses),
        remarks=(*plan.certificate.remarks, *written.remarks, *refused),
        journal=journal,
        is_dry_run=False,
    )
    page = "".join(certificate_page(certificate, source.title, target)).encode()
    output.write(
        os.path.join(folder, CERTIFICATE), lambda out: out.write(page), format_name="move", force=options.force
    )
    begun.end()
    return certificate


def _not_read(left_out: Mapping[str, int], target: Target) -> Iterator[NotRead]:
    for what, count in left_out.items():
        is_smart = any(word in what for word in _SMART)
        in_program = not what.startswith(_NOTHING_LOST) and (not is_smart or "smart_lists" in target.program_holds)
        if count:
            yield NotRead(what=what, count=count, program_holds=in_program)


# ---- Serato's tags -------------------------------------------------------------------------------


def _write_cues(plan: MovePlan, tags: TagsPart) -> tuple[str | None, list[str]]:
    """Write cue points into the tags of the music; returns the journal, and why files were skipped."""
    wanted = dict[str, list[CuePoint]]()
    for track in plan.source.tracks:
        if track.path is None:
            continue
        present = () if plan.options.force else plan.music[track.path].cues
        taken = {cue.number for cue in present if cue.kind != "loop"}
        held = [held.value for cue, held in plan.target.cues(track.values, track.path) if cue.kind != "loop"]
        cues = [cue for cue in held if cue is not None and cue.number not in taken]
        if cues:
            wanted[track.path] = cues
    journal, refused = None, list[str]()
    for done in tags.write_serato(wanted):
        journal = done.journal or journal
        if done.problem is not None:
            refused.append(f"{display_path(done.path)} {done.problem}; its cue points were not written")
    return journal, refused
