"""Readers of written libraries that share no code with map4, and their own comparison.

`read` returns tracks by path, each with its values by kind of the certificate, and lists by their folders and name.
"""

from __future__ import annotations

import math
import re
import struct
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

LAME_S, AAC_S = 1105 / 44100, 2112 / 44100
FADES = {"Fade in": "fade_in", "Fade out": "fade_out", "Load": "load"}
SAME_S = [0.001]
"""Positions are equal within this; a list, since tests also try a little less and more."""
Values = dict[str, Any]


@dataclass
class Library:
    tracks: dict[str, Values] = field(default_factory=dict)
    lists: dict[tuple[str, ...], list[str]] = field(default_factory=dict)


def read(place: Path) -> Library:
    """Read a file, or all files of a folder that a move wrote."""
    if place.is_dir():
        library = Library()
        for file in sorted(place.rglob("*")):
            if file.suffix in (".xml", ".nml", ".vdjfolder", ".crate", ".m3u8"):
                one = READERS[file.suffix](file, place)
                library.tracks = {**one.tracks, **library.tracks}
                library.lists |= one.lists
        return library
    return READERS[place.suffix](place, place.parent)


# ---- values --------------------------------------------------------------------------------------


def number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def plain(path: str) -> str:
    return path.replace("\\", "/").lower() if re.match(r"[A-Za-z]:[\\/]", path) else path


NOTES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
CAMELOT: dict[str, tuple[int, str]] = {}
for hour in range(12):  # 1A is A flat minor, 1B is B major; an hour is a fifth
    CAMELOT[f"{hour + 1}A"] = ((8 + 7 * hour) % 12, "m")
    CAMELOT[f"{hour + 1}B"] = ((11 + 7 * hour) % 12, "")
OPEN: dict[str, tuple[int, str]] = {}
for hour in range(12):  # 1d is C major, 1m is A minor
    OPEN[f"{hour + 1}d"] = ((7 * hour) % 12, "")
    OPEN[f"{hour + 1}m"] = ((9 + 7 * hour) % 12, "m")


def key(text: str | None) -> tuple[int, str] | None:
    text = (text or "").strip()
    short = text.lstrip("0")
    if found := CAMELOT.get(short.upper()) or OPEN.get(short.lower()):
        return found
    match = re.fullmatch(r"([A-Ga-g])([#b♯♭]?)\s*(m|min|minor|maj|major)?", text)
    if not match:
        return None
    shift = {"#": 1, "♯": 1, "b": -1, "♭": -1}.get(match[2], 0)
    return (NOTES[match[1].upper()] + shift) % 12, "m" if match[3] in ("m", "min", "minor") else ""


def sort_cues(cues: list[tuple[Any, ...]]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield kind and (position, length, number, name, type, colour) of each."""
    for position_s, length_s, button, name, kind, color in cues:
        of = "loops" if kind == "loop" else "memory_cues" if button is None else "hot_cues"
        yield of, (position_s, length_s, button, name, kind, color)


def with_cues(values: Values, cues: list[tuple[Any, ...]]) -> Values:
    for kind, cue in sort_cues(cues):
        values.setdefault(kind, []).append(cue)
    return values


def known(**values: Any) -> Values:
    return {name: value for name, value in values.items() if value not in (None, "", [], {}, ())}


def names(attributes: Any, **theirs: str) -> dict[str, str]:
    return {name: text for name, other in theirs.items() if (text := (attributes.get(other) or "").strip())}


NUMBERS = (("year", "Year"), ("track_number", "TrackNumber"), ("disc_number", "DiscNumber"))
# ---- rekordbox -----------------------------------------------------------------------------------


def rekordbox(file: Path, root: Path) -> Library:
    tree = ET.parse(file).getroot()
    if tree.tag == "VirtualDJ_Database":
        return virtualdj(file, root)
    library, ids = Library(), {}
    for track in tree.findall("COLLECTION/TRACK"):
        path = unquote(track.get("Location", "")).removeprefix("file://").removeprefix("localhost")
        path = path[1:] if re.match(r"/[A-Za-z]:/", path) else path
        suffix = path.rpartition(".")[2].lower()
        is_alac = "alac" in track.get("Kind", "").lower() or int(number(track.get("BitRate")) or 0) > 529
        offset_s = (
            LAME_S
            if suffix == "mp3"
            else AAC_S
            if suffix in ("m4a", "mp4", "m4b", "aac") and not (is_alac and suffix != "aac")
            else 0.0
        )
        cues = []
        for mark in track.findall("POSITION_MARK"):
            start_s, end_s, kind = number(mark.get("Start")), number(mark.get("End")), mark.get("Type")
            if start_s is None:
                continue
            length_s = end_s - start_s if kind == "4" and end_s is not None and end_s > start_s else None
            name = (mark.get("Name") or "").strip() or None
            button = int(mark.get("Num", "-1"))
            shape = (
                "loop"
                if length_s
                else FADES.get(name or "", {"1": "fade_in", "2": "fade_out", "3": "load"}.get(kind or "", "cue"))
            )
            color = (
                "#" + "".join(f"{int(mark.get(c, '0')):02x}" for c in ("Red", "Green", "Blue"))
                if mark.get("Red")
                else None
            )
            if name in FADES and shape != "loop":
                name = None
                color = None if button < 0 and color in ("#ff69b4", "#ffff00") else color
            cues.append((start_s - offset_s, length_s, None if button < 0 else button, name, shape, color))
        bpm = number(track.get("AverageBpm"))
        color = track.get("Colour") or ""
        values = known(
            names=names(
                track, title="Name", artist="Artist", album="Album", genre="Genre", label="Label", composer="Composer",
                remixer="Remixer", mix="Mix", grouping="Grouping",
            )
            | {name: str(int(value)) for name, other in NUMBERS if (value := number(track.get(other)))},
            tempi=bpm or None, keys=key(track.get("Tonality")),
            ratings=int(2 * int(track.get("Rating") or 0) / 51 + 0.5) / 2 or None,
            plays=None if track.get("PlayCount") is None else {"count": int(track.get("PlayCount", "0"))},
            dates=names(track, added="DateAdded", played="LastPlayed"), comments=(track.get("Comments") or "").strip(),
            colors=f"#{color[2:].lower()}" if re.fullmatch("0x[0-9A-Fa-f]{6}", color) else None,
            grids=[
                (
                    number(mark.get("Inizio")) - offset_s,
                    number(mark.get("Bpm")),
                    int(mark.get("Battito") or 0) or None,
                    int((mark.get("Metro") or "4").split("/")[0]),
                )
                for mark in track.findall("TEMPO") if number(mark.get("Inizio")) is not None and number(mark.get("Bpm"))
            ],
        )  # fmt: skip
        place = plain(path)
        ids.setdefault(track.get("TrackID"), place)
        ids.setdefault(path, place)
        library.tracks.setdefault(place, with_cues(values, cues) | {"length_s": number(track.get("TotalTime")) or None})

    def nodes(node: ET.Element, above: tuple[str, ...]) -> None:
        for child in node.findall("NODE"):
            name = child.get("Name", "")
            if child.get("Type") == "1":
                keys = (entry.get("Key", "") for entry in child.findall("TRACK"))
                keys = (
                    unquote(each).removeprefix("file://").removeprefix("localhost")
                    if child.get("KeyType") == "1"
                    else each
                    for each in keys
                )
                library.lists[(*above, name)] = [ids[each] for each in keys if each in ids]
            else:
                nodes(child, (*above, name))

    for top in tree.findall("PLAYLISTS/NODE"):
        nodes(top, ())
    return library


# ---- Traktor -------------------------------------------------------------------------------------

SYSTEM = ("Users", "Volumes", "Applications", "Library", "System", "private", "Shared")
TRAKTOR_COLORS = ("#fa4b35", "#ff8402", "#fff700", "#00f329", "#0187ff", "#a669ff", "#fe55ea")


def nml_path(volume: str, directory: str, name: str) -> str:
    parts = [part.replace("//", ":") for part in directory.split("/:") if part] + [name.replace("//", ":")]
    inner = "/" + "/".join(parts)
    if re.fullmatch("[A-Za-z]:", volume):
        return plain(volume + inner)
    if volume in ("", "Macintosh HD") or parts[0] in SYSTEM:
        return inner
    return f"/Volumes/{volume.replace('//', ':')}{inner}"


def traktor(file: Path, root: Path) -> Library:
    tree, library, keys = ET.parse(file).getroot(), Library(), {}
    for entry in tree.findall("COLLECTION/ENTRY"):
        location = entry.find("LOCATION")
        if location is None or not location.get("FILE"):
            continue
        parts = [location.get(name, "") for name in ("VOLUME", "DIR", "FILE")]
        path = nml_path(*parts)
        offset_s = LAME_S if path.lower().endswith(".mp3") else 0.0
        info, album = entry.find("INFO"), entry.find("ALBUM")
        info = {} if info is None else info.attrib
        album = {} if album is None else album.attrib
        bpm = next((number(tempo.get("BPM")) for tempo in entry.findall("TEMPO")), None)
        markers = [cue for cue in entry.findall("CUE_V2") if cue.get("TYPE") == "4"]
        cues, grid, marks = [], [], []
        for cue in entry.findall("CUE_V2"):
            kind, start = cue.get("TYPE"), number(cue.get("START"))
            position_s = start / 1000 - offset_s
            name, button = cue.get("NAME"), int(cue.get("HOTCUE", "-1"))
            if kind == "4":
                inner = cue.find("GRID")
                grid.append(
                    (
                        position_s,
                        number(inner.get("BPM")) if inner is not None and number(inner.get("BPM")) else bpm,
                        None,
                        4,
                    )
                )
                own = name in ("AutoGrid", "Beat Marker") or (
                    len(markers) == 1 and name in ("AutoGrid", "Beat Marker", "n.n.")
                )
                marks += [] if own or name in ("n.n.", "") else [name]
                if own or button < 0:
                    continue
            length_s = (number(cue.get("LEN")) or 0) / 1000 or None if kind == "5" else None
            shape = {"1": "fade_in", "2": "fade_out", "3": "load", "5": "loop"}.get(kind, "cue")
            shape = "cue" if shape == "loop" and not length_s else shape
            name = None if name in ("n.n.", "") or (kind == "4" and name in ("AutoGrid", "Beat Marker")) else name
            color = (cue.get("COLOR") or "").lower()
            cues.append((position_s, length_s, None if button < 0 else button, name, shape, color or None))
        ranking, color = int(info.get("RANKING") or 0), int(info.get("COLOR") or 0)
        musical = next((int(each.get("VALUE")) for each in entry.findall("MUSICAL_KEY") if each.get("VALUE")), None)
        days = {}
        for name, other in (("added", "IMPORT_DATE"), ("played", "LAST_PLAYED")):
            if match := re.fullmatch(r"(\d{4})/(\d{1,2})/(\d{1,2})", info.get(other, "")):
                days[name] = f"{match[1]}-{int(match[2]):02}-{int(match[3]):02}"
        values = known(
            names=names(entry, title="TITLE", artist="ARTIST")
            | names(album, album="TITLE", track_number="TRACK")
            | names(info, genre="GENRE", label="LABEL", remixer="REMIXER", composer="PRODUCER", mix="MIX")
            | ({"year": match[1]} if (match := re.match(r"([1-9]\d{3})/", info.get("RELEASE_DATE", ""))) else {}),
            tempi=bpm,
            keys=key(info.get("KEY")) if musical is None else (musical % 12, "m" if musical >= 12 else ""),
            ratings=max(0.5, int(2 * ranking / 51 + 0.5) / 2) if ranking else None,
            plays={"count": int(info["PLAYCOUNT"])} if info.get("PLAYCOUNT") else None,
            dates=days,
            comments=info.get("COMMENT", "").strip(),
            colors=TRAKTOR_COLORS[color - 1] if 1 <= color <= 7 else None,
            grids=sorted(grid) if all(mark[1] for mark in grid) else [],
            marks=marks,
        )
        length_s = number(info.get("PLAYTIME_FLOAT")) or number(info.get("PLAYTIME"))
        keys["".join(parts)] = path
        library.tracks.setdefault(path, with_cues(values, cues) | {"length_s": length_s})

    def nodes(node: ET.Element, above: tuple[str, ...]) -> None:
        for child in node.findall("SUBNODES/NODE"):
            name = child.get("NAME", "")
            listed = child.find("PLAYLIST")
            if child.get("TYPE") == "FOLDER":
                nodes(child, (*above, name))
            elif listed is not None and listed.get("TYPE", "LIST") == "LIST":
                of = (entry.find("PRIMARYKEY") for entry in listed.findall("ENTRY"))
                library.lists[(*above, name)] = [
                    entry_path(each.get("KEY")) for each in of if each is not None and each.get("KEY")
                ]

    def entry_path(text: str) -> str:
        if text not in keys:
            volume, _, rest = text.partition("/:")
            directory, _, name = ("/:" + rest).rpartition("/:")
            keys[text] = nml_path(volume, directory + "/:", name)
            library.tracks.setdefault(keys[text], {})
        return keys[text]

    for top in tree.findall("PLAYLISTS/NODE"):
        nodes(top, ())
    return library


# ---- VirtualDJ -----------------------------------------------------------------------------------


def virtualdj(file: Path, root: Path) -> Library:
    tree, library = ET.parse(file).getroot(), Library()
    if tree.tag == "VirtualFolder":
        songs = sorted(tree.findall("song"), key=lambda song: int(song.get("idx", "0")))
        inner = file.relative_to(root / "VirtualDJ" / "MyLists").with_suffix("")
        place = tuple(part.removesuffix(".subfolders") for part in inner.parts)
        library.lists[place] = [plain(song.get("path", "")) for song in songs]
        return library
    for song in tree.findall("Song"):
        tags, infos = song.find("Tags"), song.find("Infos")
        tags, infos = ({} if part is None else part.attrib for part in (tags, infos))
        beat_s = number(tags.get("Bpm"))
        cues, grid = [], []
        for point in song.findall("Poi"):
            position_s, kind = number(point.get("Pos")), point.get("Type")
            if kind == "beatgrid":
                grid.append((position_s, round(60 / number(point.get("Bpm")), 3), None, 4))
                continue
            here = next((bpm for at, bpm, _, _ in reversed(grid) if at <= position_s), 60 / beat_s if beat_s else None)
            length_s = number(point.get("Size")) * 60 / here if kind == "loop" else None
            button, name = int(point.get("Num", "-1")), point.get("Name")
            shape = "loop" if kind == "loop" else "load" if kind == "load" else FADES.get(name or "", "cue")
            name = None if shape in ("fade_in", "fade_out") or (shape == "load" and name == "Load") else name
            color = point.get("Color")
            color = f"#{int(color) & 0xFFFFFF:06x}" if color else None
            cues.append((position_s, length_s, button - 1 if button > 0 else None, name, shape, color))
        dates = {}
        for name, other in (("added", "FirstSeen"), ("played", "LastPlay")):
            if infos.get(other):
                dates[name] = datetime.fromtimestamp(int(infos[other])).isoformat()  # noqa: DTZ006
        title, mix = tags.get("Title"), tags.get("Remix")
        own = names(
            tags,
            artist="Author",
            album="Album",
            genre="Genre",
            label="Label",
            composer="Composer",
            remixer="Remixer",
            mix="Remix",
            grouping="Grouping",
            year="Year",
            track_number="TrackNumber",
        )
        if title:
            own["title"] = f"{title} ({mix})" if mix and mix.lower() not in title.lower() else title
        color = infos.get("UserColor")
        library.tracks[plain(song.get("FilePath", ""))] = with_cues(
            known(
                names=own, tempi=60 / beat_s if beat_s else None, keys=key(tags.get("Key")),
                ratings=number(tags.get("Stars")), dates=dates, comments=(song.findtext("Comment") or "").strip(),
                plays={"count": int(infos["PlayCount"])} if infos.get("PlayCount") else None, grids=grid,
                colors=f"#{int(color) & 0xFFFFFF:06x}" if color else None,
            ),
            cues,
        ) | {"length_s": number(infos.get("SongLength"))}  # fmt: skip
    return library


# ---- lists ---------------------------------------------------------------------------------------


def crate(file: Path, root: Path) -> Library:
    data, library, paths, at = file.read_bytes(), Library(), [], 0
    while at < len(data):
        tag, size = data[at : at + 4], struct.unpack_from(">I", data, at + 4)[0]
        if tag == b"otrk":
            paths.append("/" + data[at + 16 : at + 8 + size].decode("utf-16-be"))
        at += 8 + size
    library.lists[tuple(file.stem.split("%%"))] = paths
    library.tracks = {path: {} for path in paths}
    return library


def m3u8(file: Path, root: Path) -> Library:
    lines = [line for line in file.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    paths = [plain(unquote(line.removeprefix("file://")) if line.startswith("file:") else line) for line in lines]
    return Library({path: {} for path in paths}, {tuple(file.relative_to(root).with_suffix("").parts): paths})


READERS: dict[str, Callable[[Path, Path], Library]] = {
    ".xml": rekordbox, ".nml": traktor, ".vdjfolder": virtualdj, ".crate": crate, ".m3u8": m3u8
}  # fmt: skip


# ---- comparison ----------------------------------------------------------------------------------


def beats(grid: list[tuple[Any, ...]], end_s: float) -> list[float]:
    """Return all beats up to the end."""
    times = []
    for index, (at, bpm, _, _) in enumerate(grid):
        until = grid[index + 1][0] if index + 1 < len(grid) else end_s
        step = 0
        while at + step * 60 / bpm < until - 0.02:
            times.append(at + step * 60 / bpm)
            step += 1
    return times


def downbeats(grid: list[tuple[Any, ...]], end_s: float) -> list[float]:
    """Return all first beats of bars up to the end; a mark without a beat begins a bar."""
    times = []
    for index, (at, bpm, beat, metre) in enumerate(grid):
        until = grid[index + 1][0] if index + 1 < len(grid) else end_s
        step = 0
        while at + step * 60 / bpm < until - 0.02:
            if ((beat or 1) - 1 + step) % metre == 0:
                times.append(at + step * 60 / bpm)
            step += 1
    return times


def far(ones: list[float], others: list[float]) -> float:
    """Return how far any time is from the nearest other one."""
    import bisect

    most = 0.0
    for time in ones:
        at = bisect.bisect(others, time)
        near = [abs(time - other) for other in others[max(0, at - 1) : at + 1]]
        most = max(most, min(near, default=math.inf))
    return most


def same_grid(one: list[Any], other: list[Any], length_s: float | None) -> bool:
    last = max(one[-1][0], other[-1][0])
    end_s = length_s if length_s else last + 30
    from_s = max(one[0][0], other[0][0], 0.0) - 0.01
    ones, others = ([time for time in beats(grid, end_s + 2) if time >= from_s - 2] for grid in (one, other))
    inside = [time for time in ones if from_s <= time <= end_s]
    back = [time for time in others if from_s <= time <= end_s]
    if max(far(inside, others), far(back, ones)) > 2 * SAME_S[0]:
        return False
    if all(beat is None for _, _, beat, _ in one):
        return True
    bars, theirs = downbeats(one, end_s + 2), downbeats(other, end_s + 2)
    both = ((bars, theirs), (theirs, bars))
    return all(
        far([time for time in ones if from_s <= time <= end_s], others) <= 2 * SAME_S[0] for ones, others in both
    )


def same_cue(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    close = abs(one[0] - other[0]) <= SAME_S[0] and abs((one[1] or 0) - (other[1] or 0)) <= 0.002
    return close and one[2:5] == other[2:5] and (one[5] is None or one[5] == other[5])


def same(kind: str, one: Any, other: Any, length_s: float | None) -> bool:
    if other is None:
        return False
    if kind == "tempi":
        return abs(one - other) <= 0.005 + 1e-9
    if kind == "grids":
        return same_grid(one, other, length_s)
    if kind in ("hot_cues", "memory_cues", "loops"):
        return all(any(same_cue(cue, each) for each in other) for cue in one)
    if kind in ("names", "dates"):
        return all(other.get(name) == value for name, value in one.items())
    return bool(one == other)


KINDS = (
    "names", "hot_cues", "memory_cues", "loops", "grids", "tempi", "keys", "ratings", "plays", "dates", "colors",
    "comments",
)  # fmt: skip


def differences(source: Library, result: Library, place: Callable[[str], str] = plain) -> set[tuple[str, str]]:
    """Return kind and path, or kind and list, of everything that is not in the result as in the source."""
    found = set()
    there = {place(path): values for path, values in result.tracks.items()}
    for path, values in source.tracks.items():
        if place(path) not in there:
            found.add(("tracks", path))
        for kind in KINDS:
            if kind in values and not same(
                kind, values[kind], there.get(place(path), {}).get(kind), values.get("length_s")
            ):
                found.add((kind, path))
        if values.get("marks") and "grids" in values and values["marks"] != there.get(place(path), {}).get("marks"):
            found.add(("grids", path))
    for name, paths in source.lists.items():
        theirs = result.lists.get(name)
        if theirs is None or sorted(map(place, paths)) != sorted(map(place, theirs)):
            found.add(("lists", " / ".join(name)))
        elif list(map(place, paths)) != list(map(place, theirs)):
            found.add(("order", " / ".join(name)))
    return found
