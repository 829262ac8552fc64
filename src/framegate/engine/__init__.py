"""Who wakes the flows: jobs enqueued in the caller's own transaction."""
