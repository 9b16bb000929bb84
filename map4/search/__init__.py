"""Find tracks: by a query, by a name, by what somebody else calls them."""
