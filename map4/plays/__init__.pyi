"""What other subjects may use of `map4.plays`."""

from map4.plays.keys import KeyPress as KeyPress
from map4.plays.part.listening import Conversion as Conversion
from map4.plays.part.listening import RunningConversion as RunningConversion
from map4.plays.part.listening import play as play
from map4.plays.part.listening import strip_of as strip_of
from map4.plays.part.plays import Plays as Plays
from map4.plays.player_notes import PlayerNotes as PlayerNotes
from map4.plays.statistics import TrackPlays as TrackPlays
from map4.plays.store.player_notes import PlayerNote as PlayerNote
from map4.plays.store.plays import SqlPlays as SqlPlays
from map4.plays.store.plays import find_track as find_track
from map4.plays.store.plays import place_track as place_track
from map4.plays.store.steps import SqlPlaySteps as SqlPlaySteps
