"""What this extra registers."""

from map4.core.base.declaration import Command, Declaration

DECLARATION = Declaration(Command("demo", "map4.extras.demo.commands:command", "Start", 40))
