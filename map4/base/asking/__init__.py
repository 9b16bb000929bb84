"""Ask a remote service many questions: in batches, several at once, again where that helps."""
