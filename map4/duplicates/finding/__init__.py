"""Copies of recordings: candidates, confirmed copies, and the copy to keep."""
