"""What a request asks of a signature, whatever the protocol: predict, classify, regress.

`methods` is what REST, gRPC and warm-up call.
"""
