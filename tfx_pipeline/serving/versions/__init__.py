"""Which versions of which models are loaded: from folders to servables, and away again.

`model_list` reads what a configuration asks for, `source` looks into folders, `version_life` is the
life of one version, `model_life` of a model's versions, `manager` of all models. `warmup` asks a
version before it is offered.
"""
