"""Write a library, or part of it, for people and for other programs."""

from map4.core.base.declarations import exports

__getattr__ = exports(__name__)
