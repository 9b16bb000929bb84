"""The menus of players, as rekordbox 6 writes them into both databases of a new stick."""

from __future__ import annotations

import struct

COLORS = ("Pink", "Red", "Orange", "Yellow", "Green", "Aqua", "Blue", "Purple")

MENU = (
    (128, "GENRE"), (129, "ARTIST"), (130, "ALBUM"), (131, "TRACK"), (133, "BPM"), (134, "RATING"), (135, "YEAR"),
    (136, "REMIXER"), (137, "LABEL"), (138, "ORIGINAL ARTIST"), (139, "KEY"), (141, "CUE"), (142, "COLOR"),
    (146, "TIME"), (147, "BITRATE"), (148, "FILE NAME"), (132, "PLAYLIST"), (152, "HOT CUE BANK"), (149, "HISTORY"),
    (145, "SEARCH"), (150, "COMMENTS"), (140, "DATE ADDED"), (151, "DJ PLAY COUNT"), (144, "FOLDER"),
    (161, "DEFAULT"), (162, "ALPHABET"), (170, "MATCHING"),
)  # fmt: skip
"""Kind and name of each entry; its number is its place, from 1."""

CATEGORIES = (
    (1, 1, 99, 1, 0), (5, 6, 5, 1, 0), (6, 7, 99, 1, 0), (7, 8, 99, 1, 0), (8, 9, 99, 1, 0), (9, 10, 99, 1, 0),
    (10, 11, 99, 1, 0), (13, 15, 99, 1, 0), (14, 19, 4, 1, 0), (15, 20, 6, 1, 0), (16, 21, 99, 1, 0),
    (18, 23, 99, 1, 0), (2, 2, 2, 0, 1), (3, 3, 3, 0, 2), (4, 4, 1, 0, 3), (11, 12, 99, 0, 4), (17, 5, 99, 0, 5),
    (19, 22, 99, 0, 6), (20, 18, 99, 0, 7), (27, 26, 99, 2, 8), (24, 17, 99, 0, 9), (22, 27, 99, 0, 10),
)  # fmt: skip
"""What players offer to browse: number in `MENU`, own number, a code, whether it is hidden (1), and its place."""

SORTS = (
    (1, 6, 1, 0), (21, 7, 1, 0), (14, 8, 1, 0), (8, 9, 1, 0), (9, 10, 1, 0), (10, 11, 1, 0), (15, 13, 1, 0),
    (13, 15, 1, 0), (23, 16, 1, 0), (22, 17, 1, 0), (25, 0, 0, 1), (26, 1, 0, 2), (2, 2, 0, 3), (3, 3, 0, 4),
    (5, 4, 0, 5), (6, 5, 0, 6), (11, 12, 0, 7),
)  # fmt: skip
"""Orders of tracks: number in `MENU`, own number, whether it is hidden, and its place."""


def category_rows() -> list[bytes]:
    """`CATEGORIES` as rows of export.pdb."""
    return [struct.pack("<2H2BH", *values) for values in CATEGORIES]


def sort_rows() -> list[bytes]:
    """`SORTS` as rows of export.pdb."""
    return [struct.pack("<2H2BH", entry, number, hidden, place, 0) for entry, number, hidden, place in SORTS]
