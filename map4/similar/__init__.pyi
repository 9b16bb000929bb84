"""What other subjects may use of `map4.similar`."""

from map4.similar.options import By as By
from map4.similar.options import MixOptions as MixOptions
from map4.similar.options import SimilarOptions as SimilarOptions
from map4.similar.use import Limits as Limits
from map4.similar.use import Neighbours as Neighbours
from map4.similar.use import Similar as Similar
from map4.similar.use import find_similar as find_similar
from map4.similar.use import folding_of as folding_of
from map4.similar.use import similar_to_files as similar_to_files
from map4.similar.use import sound_steps as sound_steps
