"""Reports: the content about tracks, a playlist or a library, before it is drawn on a page."""
