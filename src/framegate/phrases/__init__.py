"""The phrase book: what the gateway says in English, for a reader of another language.

The wire is English, and so is what the database keeps: a program may read both, and one sentence is
quoted in a log, a ticket and an answer alike. So a sentence is translated where a person reads it,
by the console and by the command line, with its values already inside. The phrases are text files,
one an area, in a folder for each language; `tools/phrases.py` says which are missing.
"""

from framegate.phrases.book import ENGLISH, LANGUAGES, phrase_of, translated

__all__ = ["ENGLISH", "LANGUAGES", "phrase_of", "translated"]
