"""Registrations of Dask lanes and of merging."""

from map4.base.declaration import Declaration

DECLARATION = Declaration(
    hooks={
        "executor:dask": "map4.extras.cluster.dask_lanes:dask_lanes",
        "merge-libraries": "map4.extras.cluster.store.files:merge_libraries",
    },
)
