"""The stable API for plug-ins and for code that runs map4's parts.

A plug-in provides exporters (`map4.exporters.v1`), labels (`map4.labels.v1`), metadata providers (`map4.providers.v1`),
decoders (`map4.decoders.v1`), executors (`map4.executors.v1`) or subjects (`map4.extras.v1`) as entry points; see
`docs/developers/plugins.md`.
"""

from map4.core.base.declarations import exports

__getattr__ = exports(__name__)
