"""What this extra adds to map4."""

from map4.base.declaration import Command, Declaration, Routes, Tables, View

DECLARATION = Declaration(
    commands=(
        Command(
            name="decades",
            target="map4_decades.commands:command",
            summary="Count the tracks of each decade, and name decades.",
            group="Find",
            order=1000,
        ),
    ),
    routes=(Routes(tag="decades", about="Decades and their names.", target="map4_decades.routes:ROUTES", order=1000),),
    parts={"decades": "map4_decades.decades:Decades"},
    tables=(Tables(target="map4_decades.decades:TABLES", order=1000, extra="decades"),),
    views=(View(name="decades", title="Decades", path="decades", module="map4_decades:page/decades.js", order=1000),),
)
