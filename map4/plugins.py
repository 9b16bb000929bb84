"""What plug-ins import, and code that runs map4's parts itself: these names stay where they are.

A plug-in brings exporters (`map4.exporters.v1`), labels (`map4.labels.v1`), providers of metadata
(`map4.providers.v1`), decoders (`map4.decoders.v1`) or executors (`map4.executors.v1`) along by entry points of its
package; see `docs/plugins.md`.
"""

from __future__ import annotations

from map4.domain.label_facts import TrackFacts
from map4.domain.path_maps import PathMap, PathMaps
from map4.domain.track.labels import Labels
from map4.formats.format import Format, FormatOptions, WriteNotes
from map4.infra.audio.decoder import load_decoder
from map4.infra.workers.lanes import ExecutorLane, inline_lanes, process_lanes
from map4.infra.workers.remote import NotSeen, Versions, run_here
from map4.ports.decoding import DecodedAudio, Decoder
from map4.ports.export import ExportContent, ExportOptions
from map4.ports.labelling import LabelProvider
from map4.ports.metadata import MetadataProvider
from map4.ports.scanning import Lane, LaneFactory

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
    "MetadataProvider",
    "NotSeen",
    "PathMap",
    "PathMaps",
    "TrackFacts",
    "Versions",
    "WriteNotes",
    "inline_lanes",
    "load_decoder",
    "process_lanes",
    "run_here",
]
