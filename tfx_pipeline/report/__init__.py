"""What a run has to say, for people: facts as JSON, one page of HTML, a model card, a comparison.

It reads what runs left behind (artifacts, ML Metadata, summaries) and runs nothing.
"""
