"""Routes of the map of the sound."""

from map4.extras.sound_map.part import SoundMapPart
from map4.server.bodies import plain_shape
from map4.server.route import Route

ROUTES = (
    Route("GET", "/map", "read", "The map of the sound: a place for each recording, near those that it sounds like.",
          lambda library, _: library.part(SoundMapPart).places().to_record(), answer="map", queue="long", cache="alike",
          shared_as="stats"),
    Route("GET", "/map/regions", "read", "The named regions of the map, for each level of zoom.",
          lambda library, _: library.part(SoundMapPart).regions().to_record(), answer="map-regions", queue="long",
          cache="alike", shared_as="stats"),
    Route("GET", "/map/values", "read", "Values to colour the map by, in the order of its rows.",
          lambda library, request: library.part(SoundMapPart).values(request.query.name).to_record(),
          query=plain_shape("MapValuesQuery", name=(list[str], [])), answer="map-values", queue="long", cache="alike",
          shared_as="stats", example={"name": ["key"]}),
)  # fmt: skip
