"""Registrations of the map of the sound: routes, a view, and the map of reports."""

from map4.core.base.declaration import Declaration, Routes, View
from map4.library import hookspecs

DECLARATION = Declaration(
    Routes("sound", "map4.extras.sound_map.part:SoundMapPart", 61),
    View("map", "Map", "map", "map4.extras.sound_map:page/sound_map.js", 20, key="m", ahead=("/map", "/map/regions")),
    parts={"sound_map": "map4.extras.sound_map.part:SoundMapPart"},
    hooks={
        hookspecs.warm: "map4.extras.sound_map.part:prepare_map",
        hookspecs.place_sounds: "map4.extras.sound_map.map_layout:place_sounds",
    },
)
