"""Readers of list formats written from their descriptions alone: they share no line with map4."""

import base64
import configparser
import csv
import io
import json
import os
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree


def path_of(location: str, folder: bytes) -> bytes:
    """Bytes of the path that a location means."""
    if location.startswith("file://"):
        return unquote_to_bytes(location[len("file://") :])
    return os.path.normpath(os.path.join(folder, location.encode("utf-8", "surrogateescape")))


def read_m3u(data: bytes, encoding: str, folder: bytes) -> list[tuple[bytes, str]]:
    """Paths and captions; lines end at everything that Python takes for an end, which is more than players do."""
    lines = data.decode(encoding).splitlines()
    assert lines[0] == "#EXTM3U"
    found, caption = [], ""
    for line in lines[1:]:
        if line.startswith("#EXTINF:"):
            caption = line.split(",", 1)[1]
        elif not line.startswith("#"):
            place = line.strip()
            if not place.startswith("file://"):
                path = os.path.normpath(os.path.join(folder, place.encode("utf-8")))
            else:
                path = path_of(place, folder)
            found.append((path, caption))
    return found


def read_pls(data: bytes, folder: bytes) -> list[tuple[bytes, str]]:
    parser = configparser.RawConfigParser(interpolation=None, delimiters=("=",), comment_prefixes=("#", ";"))
    parser.read_string(data.decode("utf-8"))
    section = parser["playlist"]
    count = int(section["NumberOfEntries"])
    assert section["Version"] == "2"
    return [(path_of(section[f"File{n}"], folder), section[f"Title{n}"]) for n in range(1, count + 1)]


def read_xspf(data: bytes, folder: bytes) -> list[tuple[bytes, str | None, str | None]]:
    space = "{http://xspf.org/ns/0/}"
    root = ElementTree.fromstring(data)
    assert (root.tag, root.get("version")) == (f"{space}playlist", "1")
    found = []
    for track in root.iterfind(f"{space}trackList/{space}track"):
        location = track.findtext(f"{space}location") or ""
        assert location.isascii()
        if not location.startswith("file://"):
            path = os.path.normpath(os.path.join(folder, unquote_to_bytes(location)))
        else:
            path = path_of(location, folder)
        found.append((path, track.findtext(f"{space}creator"), track.findtext(f"{space}title")))
    return found


def read_jspf(data: bytes, folder: bytes) -> list[tuple[bytes, str | None, str | None]]:
    """Path, artist and title, by the draft at wiki.xiph.org/JSPF."""
    found = []
    for track in json.loads(data.decode("utf-8"))["playlist"]["track"]:
        [location] = track["location"]
        assert location.isascii()
        path = unquote_to_bytes(location.removeprefix("file://"))
        found.append((os.path.normpath(os.path.join(folder, path)), track.get("creator"), track.get("title")))
    return found


def read_rekordbox(data: bytes) -> list[tuple[bytes, str | None, str | None]]:
    host = "file://localhost"
    found = []
    for track in ElementTree.fromstring(data).iterfind("COLLECTION/TRACK"):
        location = track.get("Location") or ""
        assert location.isascii()
        assert location.startswith(host + "/")
        place = unquote_to_bytes(location[len(host) :])
        # A drive of Windows stands behind the slash.
        path = place[1:] if place[2:4] == b":/" else place
        found.append((path, track.get("Artist"), track.get("Name")))
    return found


def read_csv(data: bytes) -> list[tuple[bytes, str, str]]:
    rows = csv.DictReader(io.StringIO(data.decode("utf-8"), newline=""))
    return [
        (base64.b64decode(row["path_bytes"]) or row["path"].encode("utf-8"), row["artist"], row["title"])
        for row in rows
    ]


def read_json(data: bytes) -> list[tuple[bytes, str | None, str | None]]:
    picks = json.loads(data.decode("utf-8"))["picks"]
    assert [pick["position"] for pick in picks] == list(range(1, len(picks) + 1))
    return [
        (
            base64.b64decode(pick["track"].get("path_bytes", "")) or pick["track"]["path"].encode("utf-8"),
            pick["track"]["tags"]["artist"],
            pick["track"]["tags"]["title"],
        )
        for pick in picks
    ]


def read_crate(data: bytes) -> list[bytes]:
    """Paths of a Serato crate: `otrk` holds a `ptrk`, which is UTF-16 to the end of both."""
    found, place = [], 0
    while place < len(data):
        length = int.from_bytes(data[place + 4 : place + 8], "big")
        if data[place : place + 4] == b"otrk":
            assert data[place + 8 : place + 12] == b"ptrk"
            assert int.from_bytes(data[place + 12 : place + 16], "big") == length - 8
            found.append(data[place + 16 : place + 8 + length].decode("utf-16-be").encode())
        place += 8 + length
    assert place == len(data)
    return found


def read_vdjfolder(data: bytes) -> list[tuple[bytes, str | None, str | None]]:
    root = ElementTree.fromstring(data)
    assert root.tag == "VirtualFolder"
    songs = [song.attrib for song in root]
    assert [song["idx"] for song in songs] == [str(number) for number in range(len(songs))]
    return [(song["path"].encode(), song.get("artist"), song.get("title")) for song in songs]


def read_vdj_database(data: bytes) -> list[tuple[bytes, str | None, str | None]]:
    root = ElementTree.fromstring(data)
    assert root.tag == "VirtualDJ_Database"
    songs = list(root.iterfind("Song"))
    tags = [song.find("Tags") for song in songs]
    assert all(found is not None for found in tags)
    return [
        (song.attrib["FilePath"].encode(), found.get("Author"), found.get("Title"))
        for song, found in zip(songs, tags, strict=True)
        if found is not None
    ]


def read_nml(data: bytes) -> list[tuple[bytes, str | None, str | None]]:
    """Tracks of Traktor's collection, on a Mac whose disk has the usual name, or on Windows."""
    root = ElementTree.fromstring(data)
    assert (root.tag, root.get("VERSION")) == ("NML", "19")
    found = []
    for entry in root.iterfind("COLLECTION/ENTRY"):
        location = entry.find("LOCATION")
        folder, file, volume = (location.attrib[name] for name in ("DIR", "FILE", "VOLUME"))
        assert folder.startswith("/:")
        assert folder.endswith("/:")
        path = "/".join(part.replace("//", ":") for part in (folder + file).split("/:"))
        is_own = volume == "Macintosh HD"
        place = path if is_own else volume + path if volume.endswith(":") else f"/Volumes/{volume}{path}"
        found.append((place.encode(), entry.get("ARTIST"), entry.get("TITLE")))
    return found
