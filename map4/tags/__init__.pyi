"""What other subjects may use of `map4.tags`."""

from map4.tags.part import TagsPart as TagsPart
from map4.tags.store import AlbumLevels as AlbumLevels
