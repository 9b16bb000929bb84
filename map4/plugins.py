"""The stable API for plug-ins and for code that runs map4's parts.

A plug-in provides exporters (`map4.exporters.v1`), labels (`map4.labels.v1`), metadata providers (`map4.providers.v1`),
decoders (`map4.decoders.v1`) or executors (`map4.executors.v1`) as entry points; see `docs/developers/plugins.md`.
"""

from map4.audio.decoder import load_decoder
from map4.audio.decoding import DecodedAudio, Decoder
from map4.audio.jobs import Lane, LaneFactory
from map4.base.path_maps import PathMap, PathMaps
from map4.formats import ExportContent, ExportOptions, Format, FormatOptions, WriteNotes
from map4.labels import LabelProvider, TrackFacts
from map4.music.track.labels import Labels
from map4.scan import ExecutorLane, inline_lanes, process_lanes

__all__ = [
    "DecodedAudio",
    "Decoder",
    "ExecutorLane",
    "ExportContent",
    "ExportOptions",
    "Format",
    "FormatOptions",
    "LabelProvider",
    "Labels",
    "Lane",
    "LaneFactory",
    "PathMap",
    "PathMaps",
    "TrackFacts",
    "WriteNotes",
    "inline_lanes",
    "load_decoder",
    "process_lanes",
]
