from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from tests.modules.learners.trees.tables import INPUTS, TASKS, config, make_rows
from tfx_pipeline.modules.learners.learner import LearningRows
from tfx_pipeline.modules.learners.trees.learning import learn

pytestmark = pytest.mark.slow

# Each has a kernel for the processor in TensorFlow itself, so in any server that is built of it.
SERVED_OPS = {
    *("AddV2", "BatchMatMulV2", "Cast", "ConcatV2", "Const", "EnsureShape", "Fill", "FloorDiv"),
    *(
        "GatherV2",
        "Greater",
        "GreaterEqual",
        "Identity",
        "IsNan",
        "Less",
        "LogicalAnd",
        "MatMul",
        "Maximum",
        "Minimum",
    ),
    *("Mul", "Neg", "NoOp", "Pack", "Placeholder", "ReadVariableOp", "Relu", "Reshape"),
    *("ResourceGather", "SelectV2", "Shape", "StatelessWhile", "StridedSlice", "Sub", "Sum"),
    *("TensorListConcatV2", "TensorListReserve", "TensorListSetItem", "Transpose", "While"),
}


@pytest.fixture(scope="module", params=TASKS)
def scorer(request, tmp_path_factory):
    learning = LearningRows.divided(make_rows(900, request.param), 0.1, seed=0)
    directory = str(tmp_path_factory.mktemp("log"))
    return learn(learning, INPUTS, TASKS[request.param], config(rounds=20), directory).scorer


def traced(scorer):
    spec = {
        "numbers": tf.TensorSpec([None, INPUTS.width], tf.float32),
        "ids": tf.TensorSpec([None, len(INPUTS.sizes)], tf.int32),
    }
    return tf.function(scorer.__call__, [spec], autograph=False)


def test_scorer_uses_nothing_that_a_stock_server_lacks(scorer) -> None:
    graph = traced(scorer).get_concrete_function().graph.as_graph_def()
    nodes = [
        *graph.node,
        *(node for function in graph.library.function for node in function.node_def),
    ]
    used = {node.op for node in nodes}
    assert {"GatherV2", "Relu"} <= used
    assert used <= SERVED_OPS


@pytest.mark.parametrize("count", [0, 1, 127, 128, 129, 700])
def test_scorer_of_any_number_of_rows_scores_each_as_alone(scorer, count) -> None:
    rows = make_rows(700, seed=3).inputs
    whole = traced(scorer)({name: x[:count] for name, x in rows.items()}).numpy()
    assert whole.shape[0] == count
    alone = traced(scorer)
    for row in {0, count // 2, count - 1} & set(range(count)):
        one = alone({name: x[row : row + 1] for name, x in rows.items()})
        np.testing.assert_array_equal(one[0], whole[row])


def test_scorer_saved_and_loaded_in_a_fresh_process_answers_the_same(scorer, tmp_path) -> None:
    rows = make_rows(300, seed=4).inputs
    module = tf.Module()
    module.scorer = scorer
    module.score = traced(scorer)
    tf.saved_model.save(module, str(tmp_path / "model"))
    np.savez(tmp_path / "rows.npz", **rows)
    program = (
        "import sys, numpy as np, tensorflow as tf\n"
        "rows = dict(np.load(sys.argv[1]))\n"
        "model = tf.saved_model.load(sys.argv[2])\n"
        "np.save(sys.argv[3], model.score(rows).numpy())\n"
    )
    files = [tmp_path / "rows.npz", tmp_path / "model", tmp_path / "logits.npy"]
    subprocess.run([sys.executable, "-c", program, *map(str, files)], check=True)
    np.testing.assert_array_equal(np.load(files[2]), scorer.logits_of(rows))
    assert (tmp_path / "model/saved_model.pb").stat().st_size < 100_000  # values are variables
