"""User values of tracks, marks, and the preferred sources."""

from map4.core.base.declarations import exports

__getattr__ = exports(__name__)
