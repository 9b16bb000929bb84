"""Scan: what changed, in which order it is analysed, and what came of it."""

from map4.core.base.declarations import exports

__getattr__ = exports(__name__)
