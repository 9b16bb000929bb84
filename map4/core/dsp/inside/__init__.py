"""The inner structure of a track: bars, phrases, cue points, and the course of its energy."""
