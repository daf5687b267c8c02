"""PMML 4.4: written by `emitter`, and read by `runtime`, which knows just what is written.

https://dmg.org/pmml/v4-4-1/GeneralStructure.html
"""
