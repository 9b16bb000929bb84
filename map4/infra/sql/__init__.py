"""What every store that speaks SQL shares; where a library lies, and how it is opened, is in the room of each."""
