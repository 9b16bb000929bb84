"""Registrations of Postgres and Redis."""

from map4.core.base.declaration import Declaration, PackageExtra, Setting
from map4.library import hookspecs

DECLARATION = Declaration(
    PackageExtra("postgres", "keep the library in PostgreSQL", 140),
    PackageExtra("redis", "share limits and answers between servers", 150),
    Setting(
        "serve.redis",
        "Redis for shared rate limits and answers of several servers",
        "text",
        check="map4.extras.postgres.redis.setting_values:redis_address",
        shown="map4.extras.postgres.redis.setting_values:without_secret",
        order=260,
    ),
    sharing=("map4.extras.postgres.redis.setting_values:sharing_of",),
    hooks={
        hookspecs.store_class["postgresql"]: "map4.extras.postgres.store:PostgresStore",
        hookspecs.care_class["postgresql"]: "map4.extras.postgres.care:PostgresCare",
        hookspecs.jobs_class["postgresql"]: "map4.extras.postgres.jobs:PostgresJobs",
    },
)
