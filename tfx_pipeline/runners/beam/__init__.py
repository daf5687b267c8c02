"""Engines of Beam that are not the step's own process: are they there, and what starts workers.

`engine_check` asks before anything runs, `worker` is what an engine starts for each worker.
"""
