"""Rows of mcp in tables of other tests."""

ELSEWHERE = {"mcp"}
