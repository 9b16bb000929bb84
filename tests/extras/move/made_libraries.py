"""Libraries of rekordbox and Traktor with drawn content, written without map4."""

import random
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree as ET

WORDS = ("Sub", "Vélvet & <Steel>", "Øst", "Ünder", "Rain", "Ōto", 'Drift "9"', "Łódź")
COLORS = ("0xFF007F", "0xFF0000", "0xFFA500", "0x00FF00")


def rekordbox_library(path: Path, seed: int, tracks: int = 12) -> Path:
    """Write a collection with cue points, loops, grids, nested lists."""
    drawn = random.Random(seed)
    root = ET.Element("DJ_PLAYLISTS", Version="1.0.0")
    ET.SubElement(root, "PRODUCT", Name="rekordbox", Version="6.8.5", Company="AlphaTheta")
    collection = ET.SubElement(root, "COLLECTION", Entries=str(tracks))
    for number in range(tracks):
        bpm = drawn.choice((120.0, 126.5, 128.0, 174.25, round(drawn.uniform(90, 180), 2)))
        suffix = drawn.choice(("mp3", "flac", "m4a"))
        name = f"{drawn.choice(WORDS)} {number}"
        track = ET.SubElement(
            collection, "TRACK", TrackID=str(100 + number), Name=name, Artist=drawn.choice(WORDS),
            Album=drawn.choice(WORDS),
            Genre="House", Composer="", Grouping="", Remixer="", Mix="", Label=drawn.choice(WORDS), Kind="",
            TotalTime="300",
            DiscNumber="1", TrackNumber=str(number + 1), Year=str(1990 + number), AverageBpm=f"{bpm:.2f}",
            DateAdded=f"2024-0{drawn.randint(1, 9)}-1{drawn.randint(0, 9)}", Rating=str(51 * drawn.randint(0, 5)),
            PlayCount=str(drawn.randint(0, 40)), Comments=drawn.choice(("", "for later", "8A - 7")),
            Tonality=drawn.choice(("Fm", "8A", "Db", "F#m", "")),
            Location="file://localhost/Users/ann/Music/" + quote(f"{name}.{suffix}"),
            **({"Colour": drawn.choice(COLORS)} if drawn.random() < 0.6 else {}),
        )  # fmt: skip
        first = round(drawn.uniform(0.03, 0.9), 3)
        ET.SubElement(track, "TEMPO", Inizio=f"{first:.3f}", Bpm=f"{bpm:.2f}", Metro="4/4", Battito="1")
        for button in drawn.sample(range(10), drawn.randint(0, 6)):
            at = drawn.uniform(1, 280)
            color = {"Red": "230", "Green": "40", "Blue": "40"} if drawn.random() < 0.7 else {}
            shape = {"Type": "4", "End": f"{at + 8:.3f}"} if drawn.random() < 0.2 else {"Type": "0"}
            ET.SubElement(
                track,
                "POSITION_MARK",
                Name=drawn.choice(("", "Drop", "Vocals é")),
                Start=f"{at:.3f}",
                Num=str(button),
                **shape,
                **color,
            )
        for _ in range(drawn.randint(0, 3)):
            ET.SubElement(
                track,
                "POSITION_MARK",
                Name=drawn.choice(("", "Fade in", "Mix")),
                Type="0",
                Start=f"{drawn.uniform(1, 280):.3f}",
                Num="-1",
            )
    lists = ET.SubElement(ET.SubElement(root, "PLAYLISTS"), "NODE", Type="0", Name="ROOT", Count="2")
    folder = ET.SubElement(lists, "NODE", Type="0", Name="Clubs & Bars", Count="2")
    for above, name in ((lists, "Friday"), (folder, "Warm-up"), (folder, "Peak")):
        keys = [str(100 + drawn.randrange(tracks)) for _ in range(drawn.randint(2, 8))]
        node = ET.SubElement(above, "NODE", Type="1", Name=name, KeyType="0", Entries=str(len(keys)))
        for key in keys:
            ET.SubElement(node, "TRACK", Key=key)
    ET.ElementTree(root).write(path, "utf-8", xml_declaration=True)
    return path


def traktor_library(path: Path, seed: int, tracks: int = 12) -> Path:
    """Write a collection of NML 19 with cue points of all kinds, grids, nested lists."""
    drawn = random.Random(seed)
    root = ET.Element("NML", VERSION="19")
    ET.SubElement(root, "HEAD", COMPANY="www.native-instruments.com", PROGRAM="Traktor")
    collection = ET.SubElement(root, "COLLECTION", ENTRIES=str(tracks))
    keys = []
    for number in range(tracks):
        name = f"{drawn.choice(WORDS[4:7])} {number}".replace('"', "")
        file = f"{name}.{drawn.choice(('mp3', 'flac', 'm4a'))}"
        entry = ET.SubElement(collection, "ENTRY", TITLE=name, ARTIST=drawn.choice(WORDS))
        where = {"DIR": "/:Users/:ann/:Music/:", "FILE": file, "VOLUME": "Macintosh HD"}
        ET.SubElement(entry, "LOCATION", where)
        keys.append(f"{where['VOLUME']}{where['DIR']}{file}")
        ET.SubElement(entry, "ALBUM", TITLE=drawn.choice(WORDS), TRACK=str(number + 1))
        info = {
            "GENRE": "Techno", "LABEL": drawn.choice(WORDS), "COMMENT": drawn.choice(("", "peak")),
            "PLAYTIME_FLOAT": "300.000000",
            "PLAYCOUNT": str(drawn.randint(0, 30)), "RANKING": str(drawn.choice((0, 51, 128, 255))),
            "IMPORT_DATE": f"2023/{drawn.randint(1, 12)}/{drawn.randint(1, 28)}", "RELEASE_DATE": "2001/1/1",
            "LAST_PLAYED": "2024/5/17", "COLOR": str(drawn.randint(0, 7)),
        }  # fmt: skip
        ET.SubElement(entry, "INFO", info)
        bpm = drawn.uniform(90, 180)
        ET.SubElement(entry, "TEMPO", BPM=f"{bpm:.6f}", BPM_QUALITY="100.000000")
        ET.SubElement(entry, "MUSICAL_KEY", VALUE=str(drawn.randrange(24)))
        cue = {"DISPL_ORDER": "0", "REPEATS": "-1", "LEN": "0.000000"}
        ET.SubElement(
            entry, "CUE_V2", cue, NAME="AutoGrid", TYPE="4", HOTCUE="-1", START=f"{drawn.uniform(30, 900):.6f}"
        )
        for button in drawn.sample(range(8), drawn.randint(0, 8)):
            kind = drawn.choice("0012355")
            length = {"LEN": "7741.935000"} if kind == "5" else {}
            names = drawn.choice(("n.n.", "Drop", "Brëak"))
            ET.SubElement(
                entry,
                "CUE_V2",
                {**cue, **length},
                NAME=names,
                TYPE=kind,
                HOTCUE=str(button),
                START=f"{drawn.uniform(1000, 280000):.6f}",
            )
    top = ET.SubElement(ET.SubElement(root, "PLAYLISTS"), "NODE", TYPE="FOLDER", NAME="$ROOT")
    inner = ET.SubElement(top, "SUBNODES", COUNT="2")
    folder = ET.SubElement(ET.SubElement(inner, "NODE", TYPE="FOLDER", NAME="Sets / old"), "SUBNODES", COUNT="1")
    for above, name in ((inner, "Friday"), (folder, "Late")):
        chosen = [drawn.choice(keys) for _ in range(drawn.randint(2, 8))]
        node = ET.SubElement(above, "NODE", TYPE="PLAYLIST", NAME=name)
        listed = ET.SubElement(node, "PLAYLIST", ENTRIES=str(len(chosen)), TYPE="LIST", UUID="0" * 32)
        for key in chosen:
            ET.SubElement(ET.SubElement(listed, "ENTRY"), "PRIMARYKEY", TYPE="TRACK", KEY=key)
    ET.ElementTree(root).write(path, "utf-8", xml_declaration=True)
    return path
