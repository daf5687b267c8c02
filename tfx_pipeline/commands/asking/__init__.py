"""Questions to a server.

`server` is the one that the command line names, `row_files` and `typed_rows` what is sent,
`question` how a model is asked, and `answer_table` what its answers look like.
"""
