"""Checks of albums: artist, years, track numbers, cover.

An album is the tracks of a folder with the same album name and, where given, the same album artist. Different albums
with one name (the "Greatest Hits" of two artists in one folder) are separated by their track numbers.
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from map4.core.base.text import words_of
from map4.core.music.placeholders import Placeholder
from map4.doctor.checks.finding import Check
from map4.doctor.checks.groups import ALBUM_CHECKS, AlbumTrack, GroupDoubt, Offer

MOST_YEARS = 3  # more years than this in an album are those of its recordings: a best-of, a compilation
LEAST_TRACKS = 3  # minimum tracks for comparing years: with two tracks neither year counts more
LEAST_NUMBERED = 4
PART_THERE = 2 / 3  # minimum share of a disc's numbers: with less, the user has some tracks and not the album
_GUESTS = re.compile(r"\s*[(\[]?\b(?:feat|ft|featuring)\b\.?\s", re.IGNORECASE)
_FIRST = re.compile(r"\s*(?:[;,/+&]|\b(?:feat|ft|featuring|vs|with|and|x)\b)", re.IGNORECASE)
_NUMBER_OF_NAME = re.compile(r"(?:(?:cd|dis[ck])?\s*(\d)\s*[-_.]\s*)?(\d{1,2})(?:[\s._-]|$)", re.IGNORECASE)
_ARTIST, _YEARS, _GAPS, _COVER = ALBUM_CHECKS


@dataclass(frozen=True, slots=True)
class AlbumFolder:
    """A folder, with how its tracks are grouped.

    is_one_album: all its files are of one album
    has_folders: it contains other folders with files
    is_disc: it is one disc of an album, whose numbers may continue those of the previous disc
    """

    path: str
    is_one_album: bool
    has_folders: bool = False
    is_disc: bool = False


def album_doubts(folder: AlbumFolder, tracks: Sequence[AlbumTrack], checks: Iterable[Check]) -> Iterator[GroupDoubt]:
    """Yield doubts about the tracks of a folder that name one album."""
    wanted = {check.name for check in checks}
    if _COVER.name in wanted:
        yield from _cover(folder, tracks)
    for album in _albums(folder, tracks):
        if _ARTIST.name in wanted:
            yield from _artist(folder, album)
        if _YEARS.name in wanted:
            yield from _years(album)
        if _GAPS.name in wanted:
            yield from _gaps(folder, album)


# ---- which tracks form an album -------------------------------------------------------------------


def _albums(folder: AlbumFolder, tracks: Sequence[AlbumTrack]) -> list[list[AlbumTrack]]:
    """Group tracks of a folder with the same album name into albums."""
    named: dict[str, list[AlbumTrack]] = {}
    others: list[AlbumTrack] = []
    for track in tracks:
        if track.album_artist:
            named.setdefault(_key(track.album_artist), []).append(track)
        else:
            others.append(track)
    if len(named) == 1:
        [(whose, known)] = named.items()
        theirs = (
            others
            if folder.is_one_album
            else [other for other in others if whose in (Placeholder.VARIOUS_ARTISTS, _main(other.artist))]
        )
        return [[*known, *theirs], *_parted(folder, [other for other in others if other not in theirs])]
    if named and folder.is_one_album and not clashes(tracks, lambda track: _key(track.album_artist or "")):
        return [list(tracks)]
    return [*named.values(), *_parted(folder, others)]


def _parted(folder: AlbumFolder, tracks: list[AlbumTrack]) -> list[list[AlbumTrack]]:
    """Group tracks without an album artist: one album, or one per artist."""
    artists = {_main(track.artist) for track in tracks}
    if len(artists) < 2:
        return [tracks] if tracks else []
    is_one = not clashes(tracks, lambda track: _main(track.artist))
    if is_one and not folder.is_one_album:  # among other music: a compilation, if it has nearly all numbers
        numbers = {(track.disc, track.track) for track in tracks if track.track}
        most = max((track.track or 0 for track in tracks), default=0)
        is_one = len(artists) >= LEAST_TRACKS and len(numbers) == len(tracks) >= PART_THERE * most
    if is_one:
        return [tracks]
    each: dict[str, list[AlbumTrack]] = defaultdict(list)
    for track in tracks:
        each[_main(track.artist)].append(track)
    return list(each.values())


def clashes(tracks: Iterable[AlbumTrack], whose: object) -> bool:
    """Return whether tracks of several artists share a number, so that they can't be one album."""
    assert callable(whose)
    seen: dict[tuple[int | None, int], str] = {}
    return any(
        seen.setdefault((track.disc, track.track), whose(track)) != whose(track) for track in tracks if track.track
    )


def _key(name: str) -> str:
    words = words_of(name) or name
    return Placeholder.VARIOUS_ARTISTS if words in Placeholder.VARIOUS else words


def album_owner(track: AlbumTrack) -> str:
    """Return the folded album artist, or else the first of the track's artists."""
    return _key(track.album_artist) if track.album_artist else _main(track.artist)


def _main(artist: str | None) -> str:
    """Return the first of several artists, folded."""
    text = artist or ""
    return _key(_FIRST.split(text, maxsplit=1)[0] or text)


# ---- the checks ------------------------------------------------------------------------------------


def _artist(folder: AlbumFolder, album: list[AlbumTrack]) -> Iterator[GroupDoubt]:
    if len(album) < 2 or not all(track.is_read for track in album):
        return
    album_artists = Counter(track.album_artist for track in album if track.album_artist)
    without = len(album) - album_artists.total()
    artists = Counter(track.artist for track in album if track.artist)
    if len(album_artists) == 1 and not without:
        return
    if album_artists:
        if (
            len({*map(_key, album_artists)}) == 1
            and not without
            and all("album_artist" in track.own for track in album)
        ):
            return
        names = [name for name, _ in album_artists.most_common(3)]
        parts = [f"{name} ({count})" for name, count in album_artists.most_common(3)]
        detail = f"album artist {', '.join(parts)}" + (f", and none of {without}" if without else "")
    else:
        if len(artists) < 2:
            return
        names = _proposed(artists)
        detail = f"{len(artists)} artists and no album artist"
    offers = tuple(_offer(folder, album, f"all {name}", "album_artist", name) for name in names)
    yield doubt_about(_ARTIST, album, detail, offers)


def _proposed(artists: Counter[str]) -> list[str]:
    """Propose album artists: the artist of nearly all tracks, and various artists."""
    mains = Counter[str]()
    for name, count in artists.items():
        mains[_main(name)] += count
    first, tracks = mains.most_common(1)[0]
    theirs = Counter({name: count for name, count in artists.items() if _main(name) == first})
    name = min(theirs, key=lambda spelling: (-theirs[spelling], len(spelling), spelling))
    if len(theirs) > 1 and theirs[name] <= theirs.total() / 2:  # each with another guest
        name = _FIRST.split(name, maxsplit=1)[0].strip() or name
    name = _GUESTS.split(name, maxsplit=1)[0].strip() or name
    if len(mains) == 1:
        return [name]
    if 2 * tracks > artists.total():
        return [name, Placeholder.VARIOUS_ARTISTS]
    return (
        [Placeholder.VARIOUS_ARTISTS, name]
        if tracks > 1 and 3 * tracks > artists.total()
        else [Placeholder.VARIOUS_ARTISTS]
    )


def _years(album: list[AlbumTrack]) -> Iterator[GroupDoubt]:
    known = [track for track in album if track.year]
    years = Counter(track.year for track in known)
    is_various = len({_main(track.artist) for track in album}) > 1 and not _is_of_one(album)
    if len(known) < LEAST_TRACKS or not 1 < len(years) <= MOST_YEARS or is_various:
        return
    (first, most), (second, next_most), *_ = years.most_common(2)
    if 2 * most < len(known) or all("year" in track.own for track in known if track.year != first):
        return
    ordered = sorted(years.items(), key=lambda item: (-item[1], item[0] or 0))
    offers = []
    for year, _ in ordered if most == next_most else ordered[:1]:
        others = [track.file_id for track in known if track.year != year]
        offers.append(Offer(label=f"all {year}", values={"year": year or 0}, file_ids=others))
    if most != next_most and len(years) == 2:
        others = [track.file_id for track in known if track.year == second]
        offers.append(Offer(label=f"keep {second} of {len(others)}", values={"year": second or 0}, file_ids=others))
    detail = ", ".join(f"{year} ({count})" for year, count in ordered)
    yield doubt_about(_YEARS, album, detail, tuple(offers))


def _is_of_one(album: Sequence[AlbumTrack]) -> bool:
    """Return whether the album has a single artist other than various artists."""
    artists = {_key(track.album_artist) for track in album if track.album_artist}
    return len(artists) == 1 and Placeholder.VARIOUS_ARTISTS not in artists


def _gaps(folder: AlbumFolder, album: list[AlbumTrack]) -> Iterator[GroupDoubt]:
    discs: dict[int | None, list[AlbumTrack]] = defaultdict(list)
    for track in album:
        discs[_disc(track)].append(track)
    if len(discs) == 1 and len(parts := _discs_in_order(album)) > 1:
        yield from _disc_doubts(album, parts)
        return
    for disc, tracks in sorted(discs.items(), key=lambda item: item[0] or 0):
        is_first = disc in (None, 1) and not folder.is_disc
        yield from _gaps_of_disc(album, tracks, f"disc {disc}: " if disc and len(discs) > 1 else "", is_first)


def _discs_in_order(tracks: list[AlbumTrack]) -> list[list[AlbumTrack]]:
    """Split repeated track numbers into discs, if the numbers of each rise from 1 in the order of the files."""
    parts: list[list[AlbumTrack]] = []
    for track in sorted(tracks, key=_name):
        if track.track == 1:
            parts.append([])
        if not parts or not track.track or (parts[-1] and track.track <= (parts[-1][-1].track or 0)):
            return []
        parts[-1].append(track)
    titles = {(track.track, words_of(track.title or "")) for track in tracks}
    is_sound = len(titles) == len(tracks) and all(len(part) >= LEAST_NUMBERED for part in parts)
    return parts if is_sound else []


def _disc_doubts(album: list[AlbumTrack], parts: list[list[AlbumTrack]]) -> Iterator[GroupDoubt]:
    both = _listed(range(1, min(part[-1].track or 0 for part in parts) + 1))
    for disc, part in enumerate(parts, 1):
        changed = [track.file_id for track in part if track.disc != disc]
        if changed:
            offer = Offer(label=f"disc {disc}", values={"disc_number": disc}, file_ids=changed)
            times = "twice" if len(parts) == 2 else f"{len(parts)} times"
            yield doubt_about(
                _GAPS, part, f"disc {disc} by the order of the files; {both} {times}", (offer,), about=album
            )


def _disc(track: AlbumTrack) -> int | None:
    if track.disc is not None:
        return track.disc
    match = _NUMBER_OF_NAME.match(_name(track))
    return int(match[1]) if match and match[1] and int(match[2]) == track.track else None


def _gaps_of_disc(
    album: list[AlbumTrack], tracks: list[AlbumTrack], where: str, is_first: bool
) -> Iterator[GroupDoubt]:
    holders: dict[int, list[AlbumTrack]] = defaultdict(list)
    for track in tracks:
        if track.track:
            holders[track.track].append(track)
    if len(holders) < LEAST_NUMBERED or 2 * sum(map(len, holders.values())) < len(tracks):
        return
    low, high = 1 if is_first else min(holders), max(holders)
    if len(holders) < PART_THERE * (high - low + 1):
        return
    missing = [number for number in range(low, high + 1) if number not in holders]
    several = [(number, carriers) for number, carriers in sorted(holders.items()) if len(carriers) > 1]
    repeated = [number for number, carriers in several if len({words_of(track.title or "") for track in carriers}) > 1]
    # A repeated number may belong to another disc; a track without a number may belong to any.
    loose = [track for number in repeated for track in holders[number]] + [track for track in tracks if not track.track]
    settled: set[int] = set()
    for track in loose:
        number = _number_of_name(track)
        if number in missing and number not in settled and "track" not in track.own:
            settled.add(number)
            has = f"its tag says {track.track}" if track.track else "its tag says none"
            offers = [Offer(label=f"number {number}", values={"track": number}, file_ids=[track.file_id])]
            if track.track:
                offers.append(
                    Offer(label=f"keep {track.track}", values={"track": track.track}, file_ids=[track.file_id])
                )
            yield doubt_about(_GAPS, [track], f"{where}number {number} by the name of the file; {has}", tuple(offers))
    missing = [number for number in missing if number not in settled]
    repeated = [
        number for number in repeated
        if sum(_number_of_name(track) not in settled and "track" not in track.own for track in holders[number]) > 1
    ]  # fmt: skip
    parts = [f"{_listed(missing)} missing"] if missing else []
    if repeated:
        hint = ": two discs without their numbers?" if 2 * len(repeated) >= len(holders) else ""
        parts.append(f"{_listed(repeated)} twice{hint}")
    if parts:
        yield doubt_about(_GAPS, tracks, f"{where}{', '.join(parts)}", about=album)


def _number_of_name(track: AlbumTrack) -> int:
    match = _NUMBER_OF_NAME.match(_name(track))
    return int(match[2]) if match else 0


def _name(track: AlbumTrack) -> str:
    return os.path.splitext(os.path.basename(track.path))[0]


def _listed(numbers: Sequence[int]) -> str:
    """Format numbers for people: `3, 7-9`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _cover(folder: AlbumFolder, tracks: Sequence[AlbumTrack]) -> Iterator[GroupDoubt]:
    """Yield doubts about tracks without a picture in their tags; a cover file beside them is looked for on disk."""
    without = [track for track in tracks if track.has_picture is False]
    if not without or not all(track.is_read for track in tracks):
        return
    of = "" if len(without) == len(tracks) else f"{len(without)} of "
    detail = f"no picture in the tags of {of}{len(tracks)} track{'' if len(tracks) == 1 else 's'}, none in the folder"
    is_all = folder.is_one_album and not folder.has_folders
    offer = Offer(label="use the others' album artist", values={}, file_ids=[track.file_id for track in without],
                  tag="cover", folder=folder.path if is_all else None)  # fmt: skip
    yield replace(doubt_about(_COVER, without, detail, (offer,) if of else (), about=tracks), folder=folder.path)


def _offer(folder: AlbumFolder, album: Sequence[AlbumTrack], label: str, name: str, value: str | int) -> Offer:
    changed = [track.file_id for track in album if getattr(track, name) != value]
    is_all = folder.is_one_album and not folder.has_folders and len(changed) == len(album)
    return Offer(label=label, values={name: value}, file_ids=changed, folder=folder.path if is_all else None)


def doubt_about(
    check: Check, tracks: Sequence[AlbumTrack], detail: str, offers: tuple[Offer, ...] = (),
    about: Sequence[AlbumTrack] = (),
) -> GroupDoubt:  # fmt: skip
    """Return a doubt about some tracks of an album (`about`; default: these tracks)."""
    whole = about or tracks
    artists = {track.album_artist or track.artist for track in whole}
    [whose] = artists if len(artists) == 1 else [None]
    return GroupDoubt(
        check=check,
        about=f"{whose} – {whole[0].album}" if whose else whole[0].album,
        detail=detail,
        count=len(tracks),
        file_ids=[track.file_id for track in tracks],
        offers=offers,
    )
