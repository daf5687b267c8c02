"""How the parts of a description are said in PMML."""
