"""What lies inside a track: bars, phrases, cue points, and its course."""
