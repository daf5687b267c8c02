"""The sections of the page, in files by what they are about.

Each is a function of the facts, and of who draws; it says why there is nothing, where there is
nothing.
"""
