"""The best of several families, or a weighted mean of their answers.

Begin at `learning`. `candidates` fits the families, `weights` chooses between them, `blend` is the
model that comes of it.
"""
