"""The fitted model as plain data: what each export format is made of.

No module here imports TensorFlow: a description is read where there is none.
"""
