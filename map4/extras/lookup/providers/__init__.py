"""Who knows recordings: services on the network, and files of theirs."""
