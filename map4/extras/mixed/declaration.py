"""Registrations of mixed sets."""

from map4.base.declaration import Command, Declaration, PagePart, Right, Routes, Setting, Tools

DECLARATION = Declaration(
    docs={"mixed": "Lists and sets"},
    commands=(
        Command(
            name="mixed",
            target="map4.extras.mixed.commands:command",
            summary="Play a list as a mix: plan it, or write it to a file.",
            group="Make sets",
            order=4,
        ),
    ),
    routes=(
        Routes(
            tag="lists",
            target="map4.extras.mixed.routes:ROUTES",
            order=105,
        ),
    ),
    parts={"mixed": "map4.extras.mixed.part:MixedSets"},
    rights=(
        Right(name="listen", help="listen to lists as radio stations", role="viewer", after="admin", in_addresses=True),
    ),
    hooks={"stations": "map4.extras.mixed.keys:stations"},
    tools=(Tools(target="map4.extras.mixed.tools:TOOLS", order=45),),
    page_parts=(PagePart(place="frame", module="map4.extras.mixed:page/copy_address.js", order=20),),
    services=("map4.extras.mixed.routes:streams_of",),
    settings=(
        Setting(
            name="mixed.encodings",
            reader="whole",
            arguments=(1, 4),
            default=4,
            help="streams of mixes that 'map4 serve' encodes at the same time; each needs a tenth of a core",
            order=350,
            is_named_whole=True,
        ),
        Setting(
            name="mixed.listeners",
            reader="whole",
            arguments=(1, 100),
            default=100,
            help="players that can listen to streams of mixes at the same time",
            order=360,
            is_named_whole=True,
        ),
        Setting(
            name="mixed.cache_gb",
            reader="number",
            arguments=("a number of GB", 0, 1e6, "5"),
            default=5.0,
            help="GB of encoded mixes to keep on disk for 'map4 serve'",
            order=370,
            is_named_whole=True,
        ),
    ),
)
