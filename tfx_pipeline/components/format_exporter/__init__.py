"""FormatExporter: the model in other formats, each proven to answer as the model does."""
