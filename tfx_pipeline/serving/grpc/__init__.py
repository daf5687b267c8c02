"""The gRPC port.

`server` opens it and says who may call, `admission` how much all calls may hold; `services` are the
handlers of `prediction_service`, `model_service` and `profiler`.
"""
