"""The embedded renderer: a picture goes in, an MP4 whose first frame is that picture comes out.

Only `process` is for other floors; it starts everything else in a child of its own. Nothing here
knows a task, an account, a database or the network. docs/renderer.md tells how it looks and why.
"""
