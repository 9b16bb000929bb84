"""What this subject registers."""

from map4.base.declaration import Declaration, Tools

DECLARATION = Declaration(
    tools=(Tools(target="map4.values.tools:TOOLS", order=100),),
)
