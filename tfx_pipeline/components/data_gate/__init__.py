"""DataGate: anomalies of the data stop the run before training."""

from tfx_pipeline.components.data_gate.component import DataBlessing, DataGate
from tfx_pipeline.components.data_gate.executor import DataGateExecutor

__all__ = ["DataBlessing", "DataGate", "DataGateExecutor"]
