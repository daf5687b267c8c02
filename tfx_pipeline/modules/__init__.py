"""What runs inside the components; values arrive through `custom_config`.

`preprocessing` is Transform's function, made of `features`; `training` is the Trainer's, made of
`model`. `label_rule` says what the label is, for all who need it; `smoke_rows` travel with a model
and prove it elsewhere. Imports go `training` > `smoke_rows` > `model` > `features` > `label_rule`.
"""
