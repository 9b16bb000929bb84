"""Reports: what is told of tracks, a playlist or a library, before it is drawn on a page."""
