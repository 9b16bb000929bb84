"""An extra for map4: decades, with your names for them."""
