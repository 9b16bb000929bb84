"""Mixes of two tracks, planned and rendered, and what sets that were played say."""

from map4.base.exports import exports

__getattr__ = exports(__name__)
