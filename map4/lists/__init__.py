"""Playlists: make, check, order, refresh, fill, merge, store and write them."""

from map4.core.base.declarations import exports

__getattr__ = exports(__name__)
