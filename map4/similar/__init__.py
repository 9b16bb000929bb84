"""Similar tracks, and the map of the sound."""

from map4.base.exports import exports

__getattr__ = exports(__name__)
