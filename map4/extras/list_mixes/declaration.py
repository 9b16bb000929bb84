"""Registrations of mixed sets."""

from map4.base.declaration import Command, Declaration, Routes, Setting

DECLARATION = Declaration(
    Command("mixed", "map4.extras.list_mixes.commands:command", "Make sets", 4),
    Routes("lists", "map4.extras.list_mixes.routes:ROUTES", 105),
    Setting(
        "mixed.encodings",
        "streams of mixes that 'map4 serve' encodes at the same time; each needs a tenth of a core",
        "whole",
        (1, 4),
        default=4,
        is_named_whole=True,
        order=350,
    ),
    Setting(
        "mixed.listeners",
        "players that can listen to streams of mixes at the same time",
        "whole",
        (1, 100),
        default=100,
        is_named_whole=True,
    ),
    Setting(
        "mixed.cache_gb",
        "GB of encoded mixes to keep on disk for 'map4 serve'",
        "number",
        ("a number of GB", 0, 1000000.0, "5"),
        default=5.0,
        is_named_whole=True,
    ),
    docs={"mixed": "Lists and sets"},
    parts={"mixed": "map4.extras.list_mixes.part:ListMixes"},
    services=("map4.extras.list_mixes.routes:streams_of",),
)
