"""Too few file descriptors: for a start, for the connections, for a moment."""
