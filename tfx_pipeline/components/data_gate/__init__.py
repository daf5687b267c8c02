"""DataGate: anomalies of the data stop the run before training."""

from tfx_pipeline.components.data_gate.executor import DataBlessing, DataGate, DataGateExecutor

__all__ = ["DataBlessing", "DataGate", "DataGateExecutor"]
