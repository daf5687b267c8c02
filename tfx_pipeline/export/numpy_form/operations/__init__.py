"""Feature operations, a file a group: transformed columns of cells; begin at `table`."""
