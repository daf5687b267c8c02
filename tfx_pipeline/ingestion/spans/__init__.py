"""Parts of a table that come one after the other: spans, their versions, and which are read."""
