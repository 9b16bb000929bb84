"""Onsets, tempo, beats and groove."""
