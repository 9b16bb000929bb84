"""Reports: what is told of tracks, a playlist or a library, before it is drawn on a page."""

from map4.reports.blocks import Block
from map4.reports.report import TEMPLATES, Report, Template
from map4.reports.templates import report_blocks

__all__ = ["TEMPLATES", "Block", "Report", "Template", "report_blocks"]
