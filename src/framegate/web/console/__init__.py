"""The console: pages for browsers, above the JSON API and nothing else.

A page asks what the API answers, through the same functions or from the browser itself; it never
asks the store on its own account. docs/console.md says how a page is added.
"""
