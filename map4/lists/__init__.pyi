"""What other subjects may use of `map4.lists`."""

from map4.lists.candidates import PlaylistMaker as PlaylistMaker
from map4.lists.choices import FormOption as FormOption
from map4.lists.choices import label_of as label_of
from map4.lists.edits import require_room as require_room
from map4.lists.judging.set_statistics import mix_statistics as mix_statistics
from map4.lists.options import GenerateOptions as GenerateOptions
from map4.lists.playlist.energy_curve import CURVES as CURVES
from map4.lists.playlist.playlist import Pick as Pick
from map4.lists.playlist.playlist import Playlist as Playlist
from map4.lists.playlist.playlist import tempo_reason as tempo_reason
from map4.lists.playlist.request import ListRequest as ListRequest
from map4.lists.playlists import Playlists as Playlists
from map4.lists.sequencing.step_scores import step_costs as step_costs
from map4.lists.stars import Stars as Stars
from map4.lists.step_plans import with_joints as with_joints
from map4.lists.store.owners import OwnList as OwnList
from map4.lists.store.playlists import SqlPlaylists as SqlPlaylists
from map4.lists.store.versions import retained_versions as retained_versions
