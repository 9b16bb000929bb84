"""What other subjects may use of `map4.stats`."""

from map4.stats.records import Bin as Bin
from map4.stats.records import Statistics as Statistics
from map4.stats.records import coarser as coarser
from map4.stats.records import distribution as distribution
from map4.stats.use import collect_statistics as collect_statistics
