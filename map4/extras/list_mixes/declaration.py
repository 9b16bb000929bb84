"""What lists as a mix register: a form of `map4 mix`, routes and settings."""

from map4.base.declaration import Declaration, Routes, Setting

DECLARATION = Declaration(
    Routes("lists", "map4.extras.list_mixes.routes:ROUTES", 105),
    Setting(
        "mix.encodings",
        "streams of mixes that 'map4 serve' encodes at the same time; each needs a tenth of a core",
        "whole",
        (1, 4),
        default=4,
        is_named_whole=True,
        order=350,
    ),
    Setting(
        "mix.listeners",
        "players that can listen to streams of mixes at the same time",
        "whole",
        (1, 100),
        default=100,
        is_named_whole=True,
    ),
    Setting(
        "mix.cache_gb",
        "GB of encoded mixes to keep on disk for 'map4 serve'",
        "number",
        ("a number of GB", 0, 1000000.0, "5"),
        default=5.0,
        is_named_whole=True,
    ),
    hooks={"mix-command": "map4.extras.list_mixes.commands:added"},
    parts={"list_mixes": "map4.extras.list_mixes.part:ListMixes"},
    services=("map4.extras.list_mixes.routes:streams_of",),
)
