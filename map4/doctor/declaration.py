"""What this subject registers."""

from map4.base.declaration import Command, Declaration, Routes, Tools, View

DECLARATION = Declaration(
    commands=(
        Command(
            name="doctor",
            target="map4.doctor.commands:command",
            summary="Find what looks wrong, and what can be done about it.",
            group="Tidy",
            order=1,
            is_paged=True,
        ),
    ),
    routes=(
        Routes(tag="doctor", about="What looks wrong in the library.", target="map4.doctor.routes:ROUTES", order=124),
    ),
    tools=(Tools(target="map4.doctor.tools:TOOLS", order=80),),
    views=(
        View(
            name="mend",
            title="Mend",
            path="mend",
            module="map4.doctor:page/mend.js",
            order=60,
            styles=("map4.doctor:page/mend.css",),
            key="d",
            needs="correct",
        ),
    ),
)
