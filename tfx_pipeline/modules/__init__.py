"""What runs inside the components; values arrive through `custom_config`.

`preprocessing` is Transform's function, made of `features`; `training` is the Trainer's, made of
`model`. `label_rule` says what the label is; `smoke_rows` prove a model elsewhere.
"""
