"""What this subject registers."""

from map4.base.declaration import Declaration, Setting

DECLARATION = Declaration(
    sharing=("map4.extras.postgres.redis.shared_answers:sharing_of",),
    hooks={
        "store:postgresql": "map4.extras.postgres.store:PostgresStore",
        "jobs:postgresql": "map4.extras.postgres.jobs:PostgresJobs",
    },
    settings=(
        Setting(
            name="serve.redis",
            reader="text",
            check="map4.extras.postgres.redis.setting_values:redis_address",
            shown="map4.extras.postgres.redis.setting_values:without_secret",
            help="where several servers count, and share answers",
            order=260,
        ),
    ),
)
