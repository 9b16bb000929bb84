"""What this subject registers."""

from map4.base.declaration import Declaration

DECLARATION = Declaration(sharing=("map4.server.shared.shared_answers:sharing_of",))
