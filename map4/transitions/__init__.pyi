"""What other subjects may use of `map4.transitions`."""

from map4.transitions.mix_statistics import Following as Following
from map4.transitions.mix_statistics import MixStatistics as MixStatistics
from map4.transitions.mix_statistics import NamedTrack as NamedTrack
from map4.transitions.mix_statistics import Spread as Spread
from map4.transitions.planning.plan import MixPair as MixPair
from map4.transitions.planning.segues import Segues as Segues
from map4.transitions.planning.side import MixSide as MixSide
from map4.transitions.played_sets import PlayedSets as PlayedSets
from map4.transitions.played_sets import SetHabits as SetHabits
from map4.transitions.played_sets import StepHabits as StepHabits
from map4.transitions.use import Mix as Mix
