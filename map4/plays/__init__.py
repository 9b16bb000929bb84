"""Tracks heard: played here, and what players say."""

from map4.core.base.declarations import exports

__getattr__ = exports(__name__)
