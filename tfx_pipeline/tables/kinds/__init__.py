"""What a column holds, told by its cells and its name: a file for each sort of column."""
