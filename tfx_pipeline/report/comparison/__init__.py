"""Two or more runs beside each other: what differs, and how much better or worse the models are.

`rows` finds the eval rows that two runs share, `changes` measures on these, `comparing` puts it all
together, `in_words` says it.
"""
