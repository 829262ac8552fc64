"""The Python client of a framegate server; users import its names from `framegate` itself.

`calls` describes each call once, as a script of steps (`steps`) that does no input or output of
its own; `face` plays a script for `Framegate` and awaits it for `AsyncFramegate` through the two
`drivers`. Nothing here loads a part of the server.
"""
