"""Who makes a request, where a library has accounts."""
