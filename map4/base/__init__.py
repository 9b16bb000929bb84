"""What every part of map4 may import; it imports nothing but the standard library."""
