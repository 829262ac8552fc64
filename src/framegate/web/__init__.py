"""The HTTP edge: what is said on the wire, and nothing about how a task is done."""
