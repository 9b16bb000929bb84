"""Registrations of Dask lanes and of merging."""

from map4.core.base.declaration import Command, Declaration, PackageExtra
from map4.library import hookspecs

DECLARATION = Declaration(
    PackageExtra("cluster", "scan on several machines", 130),
    Command("library merge", "map4.extras.cluster.commands:command"),
    hooks={hookspecs.executor["dask"]: "map4.extras.cluster.dask_lanes:dask_lanes"},
    calls={"merge": "map4.extras.cluster.access:merge"},
)
