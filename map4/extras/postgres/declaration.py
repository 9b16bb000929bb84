"""What this subject registers."""

from map4.base.declaration import Declaration

DECLARATION = Declaration(
    sharing=("map4.extras.postgres.redis.shared_answers:sharing_of",),
    hooks={"store:postgresql": "map4.extras.postgres.store:PostgresStore"},
)
