"""Everything kept: rows behind one write door, files whole or not at all."""
