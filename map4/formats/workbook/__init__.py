"""Workbooks for Excel, LibreOffice and Numbers."""
