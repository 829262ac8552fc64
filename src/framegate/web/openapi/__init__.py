"""The description of the HTTP face: OpenAPI 3.1, written first and held to by tests.

`data/page.json` is the API page's own schema, `data/nouns/` the rest, a file a noun, in a short
form that `document` spells out. Nothing is generated from code: the code is tested against it.
"""
