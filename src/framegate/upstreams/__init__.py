"""Where the work is done: one kind of upstream a file, all behind `domain.upstream.Upstream`."""
