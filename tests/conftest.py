"""What every test stands on: the language of whoever runs them is not theirs."""

import os

for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
    os.environ.pop(name, None)
# Of this process and of every one that a test starts: the command line speaks by it.
os.environ["LANG"] = "C.UTF-8"
