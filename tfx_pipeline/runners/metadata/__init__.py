"""Sessions with ML Metadata: files and servers, locks, retries, errors."""
