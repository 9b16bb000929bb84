"""Find tracks: by a query, by a name, by what somebody else calls them."""

from map4.base.exports import exports

__getattr__ = exports(__name__)
