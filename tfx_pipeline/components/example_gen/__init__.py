"""CsvExampleGen: the staged table becomes `tf.Example` records in splits."""
