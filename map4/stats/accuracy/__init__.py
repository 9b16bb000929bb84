"""How right map4 is with its user, and certainties that say so."""
