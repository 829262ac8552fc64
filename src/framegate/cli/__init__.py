"""The `framegate` command."""
