"""What other subjects may use of `map4.scan`."""

from map4.scan.options import AnalyzeOptions as AnalyzeOptions
from map4.scan.options import MachineOptions as MachineOptions
from map4.scan.options import ScanEvent as ScanEvent
from map4.scan.options import ScanFinished as ScanFinished
from map4.scan.options import ScanOptions as ScanOptions
from map4.scan.options import ScanSummary as ScanSummary
from map4.scan.options import WatchOptions as WatchOptions
from map4.scan.part import FilesPart as FilesPart
from map4.scan.scan import Scanner as Scanner
from map4.scan.store import IgnoredFileList as IgnoredFileList
from map4.scan.store import MusicPlaces as MusicPlaces
from map4.scan.track_resolver import OnTrack as OnTrack
from map4.scan.track_resolver import TrackResolver as TrackResolver
from map4.scan.track_resolver import expand_files as expand_files
from map4.scan.track_resolver import tracks_with_tags as tracks_with_tags
from map4.scan.walk import DiskFiles as DiskFiles
from map4.scan.walk import any_there as any_there
from map4.scan.watch import WatchedLibrary as WatchedLibrary
from map4.scan.watch import WatchEvent as WatchEvent
from map4.scan.watch import watch_folders as watch_folders
from map4.scan.workers.lanes import Dispatcher as Dispatcher
from map4.scan.workers.lanes import ExecutorLane as ExecutorLane
from map4.scan.workers.lanes import ProcessLane as ProcessLane
from map4.scan.workers.lanes import inline_lanes as inline_lanes
from map4.scan.workers.lanes import niced_lanes as niced_lanes
from map4.scan.workers.lanes import process_lanes as process_lanes
