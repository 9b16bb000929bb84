"""What other subjects may use of `map4.similar`."""

from map4.similar.map_layout import place_sounds as place_sounds
from map4.similar.options import By as By
from map4.similar.options import MixOptions as MixOptions
from map4.similar.options import SimilarOptions as SimilarOptions
from map4.similar.regions import MapRegion as MapRegion
from map4.similar.regions import MapRegions as MapRegions
from map4.similar.regions import RegionValues as RegionValues
from map4.similar.regions import regions_of as regions_of
from map4.similar.sound_map import MapValues as MapValues
from map4.similar.sound_map import SoundMap as SoundMap
from map4.similar.sound_map import map_regions as map_regions
from map4.similar.sound_map import map_sounds as map_sounds
from map4.similar.sound_map import map_values as map_values
from map4.similar.use import Limits as Limits
from map4.similar.use import Neighbours as Neighbours
from map4.similar.use import Similar as Similar
from map4.similar.use import find_similar as find_similar
from map4.similar.use import similar_to_files as similar_to_files
from map4.similar.use import sound_steps as sound_steps
