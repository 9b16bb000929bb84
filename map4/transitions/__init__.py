"""Plan and render mixes of two tracks, and analyse played sets."""

from map4.core.base.declarations import exports

__getattr__ = exports(__name__)
