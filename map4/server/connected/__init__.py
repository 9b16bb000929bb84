"""What connected music servers, or plug-ins in them, ask of map4."""
