"""Registrations of Dask lanes and of merging."""

from map4 import hookspecs
from map4.base.declaration import Declaration, PackageExtra

DECLARATION = Declaration(
    PackageExtra("cluster", "scan on several machines", 130),
    hooks={
        hookspecs.executor["dask"]: "map4.extras.cluster.dask_lanes:dask_lanes",
        hookspecs.library_command: "map4.extras.cluster.commands:command",
    },
    calls={"merge": "map4.extras.cluster.access:merge"},
)
