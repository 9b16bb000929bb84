"""What plug-ins import, and code that runs map4's parts itself: these names stay where they are.

A plug-in brings exporters (`map4.exporters.v1`) or labels (`map4.labels.v1`) along by entry points of its package; see
`docs/export.md` and `docs/classify.md`.
"""

from __future__ import annotations

from map4.domain.label_facts import TrackFacts
from map4.domain.path_maps import PathMap, PathMaps
from map4.domain.track.labels import Labels
from map4.formats.format import Format, FormatOptions, WriteNotes
from map4.infra.workers.lanes import ExecutorLane, inline_lanes, process_lanes
from map4.ports.export import ExportContent, ExportOptions
from map4.ports.labelling import LabelProvider
from map4.ports.scanning import Lane, LaneFactory

__all__ = [
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
    "process_lanes",
]
