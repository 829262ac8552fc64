"""The product itself, one verb a file: submit, track, finish, deliver, sweep.

A flow reads a row, talks to the outside with nothing locked, and writes what follows in one
transaction by compare-and-set. Each may run twice or die at any line.
"""
