"""What lists as a mix register: a form of `map4 mix`, routes and settings."""

from map4.core.base.declaration import Declaration, PackageExtra, Routes, Setting
from map4.library import hookspecs

DECLARATION = Declaration(
    PackageExtra("stretch", "render a list as a mix in one tempo", 70),
    Routes("lists", "map4.extras.list_mixes.routes:ROUTES", 105),
    Setting(
        "mix.cache_gb",
        "GB of encoded mixes to keep on disk for 'map4 serve'",
        "number",
        ("a number of GB", 0, 1000000.0, "5"),
        default=5.0,
        is_named_whole=True,
        order=350,
    ),
    hooks={hookspecs.added_to["mix"]: "map4.extras.list_mixes.commands:added"},
    parts={"list_mixes": "map4.extras.list_mixes.part:ListMixes"},
    services=("map4.extras.list_mixes.routes:streams_of",),
)
