"""Deprecated name of the hooks, which extras import from `map4.plugins`."""

from map4.core.base.stability import moved

__getattr__ = moved(__name__, "map4.library.hookspecs")
