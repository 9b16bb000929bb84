"""Rows of mcp in tables of other tests."""

from __future__ import annotations

ELSEWHERE = {"mcp"}
