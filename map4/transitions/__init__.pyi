"""What other subjects may use of `map4.transitions`."""

from map4.transitions.mix_statistics import ENERGY_STEP_NAMES as ENERGY_STEP_NAMES
from map4.transitions.mix_statistics import RELATION_NAMES as RELATION_NAMES
from map4.transitions.mix_statistics import SET_BREAK_S as SET_BREAK_S
from map4.transitions.mix_statistics import TEMPO_STEP_NAMES as TEMPO_STEP_NAMES
from map4.transitions.mix_statistics import Following as Following
from map4.transitions.mix_statistics import MixStatistics as MixStatistics
from map4.transitions.mix_statistics import NamedTrack as NamedTrack
from map4.transitions.mix_statistics import Spread as Spread
from map4.transitions.planning.plan import CUT_S as CUT_S
from map4.transitions.planning.plan import SET_BY_HAND as SET_BY_HAND
from map4.transitions.planning.plan import plan_joint as plan_joint
from map4.transitions.planning.plan import plan_mix as plan_mix
from map4.transitions.planning.segues import Segues as Segues
from map4.transitions.planning.side import MixSide as MixSide
from map4.transitions.planning.side import mix_side as mix_side
from map4.transitions.played_sets import NO_TRACK as NO_TRACK
from map4.transitions.played_sets import SHUFFLES as SHUFFLES
from map4.transitions.played_sets import PlayedSets as PlayedSets
from map4.transitions.played_sets import SetHabits as SetHabits
from map4.transitions.played_sets import StepHabits as StepHabits
from map4.transitions.use import Mix as Mix
from map4.transitions.use import mix_files as mix_files
