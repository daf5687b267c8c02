from __future__ import annotations

import copy
import json

import numpy as np
import pytest
import tensorflow as tf

from tests.modules.tables import Table, make_config, make_fn_args, transform_config
from tfx_pipeline.modules.model.decision_file import read_threshold
from tfx_pipeline.modules.model.note_file import read_notes
from tfx_pipeline.modules.smoke_rows import read_smoke_rows
from tfx_pipeline.modules.training import run_fn
from tfx_pipeline.serving.loader import load_model
from tfx_pipeline.serving.versions.warmup import warm_up

pytestmark = pytest.mark.slow


def answers(trained, output):
    model = tf.saved_model.load(str(trained.model))
    examples = tf.constant(trained.evaluation.serialized())
    return model.signatures["serving_examples"](examples=examples)[output].numpy()


def test_run_fn_binary_ranks_tips(taxi):
    labels = np.array([row["tips"] > 0.2 * row["fare"] for row in taxi.evaluation.rows])
    probabilities = answers(taxi, "probability")
    pairs = probabilities[labels][:, np.newaxis] - probabilities[~labels]
    assert np.mean(pairs > 0) > 0.9  # area under the curve
    assert probabilities.mean() == pytest.approx(labels.mean(), abs=0.08)


def test_run_fn_multiclass_tells_species_apart(penguins):
    species = [row["species"] for row in penguins.evaluation.rows]
    found = [name.decode() for name in answers(penguins, "class")]
    assert np.mean(np.array(found) == species) > 0.95


def test_run_fn_regression_predicts_in_the_unit_of_the_label(ames):
    prices = np.array([row["Sale_Price"] for row in ames.evaluation.rows])
    errors = np.abs(answers(ames, "value") - prices)
    assert errors.mean() < 0.5 * np.abs(prices - np.median(prices)).mean()


def test_run_fn_writes_a_log_for_tensorboard(taxi):
    assert list(taxi.run.glob("events.out.tfevents.*"))


def test_run_fn_writes_warmup_requests_of_real_rows_without_the_label(taxi):
    from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

    file = str(taxi.model / "assets.extra/tf_serving_warmup_requests")
    records = tf.data.TFRecordDataset(file).as_numpy_iterator()
    requests = [PredictionLog.FromString(record).predict_log.request for record in records]
    assert [request.model_spec.signature_name for request in requests] == [
        *("serving_default", "serving_examples"),
        *("serving_default", "serving_examples"),
    ]
    rows = read_smoke_rows(taxi.model)
    smoke_rows = rows.instances[: rows.unchanged]
    for number, rows in ((0, 1), (2, len(smoke_rows))):
        inputs = {name: tf.make_ndarray(x) for name, x in requests[number].inputs.items()}
        assert inputs.keys() == set(taxi.config.raw_features)
        assert inputs["fare"].tolist() == [row["fare"] for row in smoke_rows[:rows]]
        (examples,) = (tf.make_ndarray(x) for x in requests[number + 1].inputs.values())
        for example, row in zip(examples, smoke_rows, strict=False):
            features = tf.train.Example.FromString(example).features.feature
            assert features.keys() <= row.keys()
            assert "tips" not in features
            assert features["fare"].float_list.value[:] == [row["fare"]]


def test_run_fn_warmup_requests_are_answered_by_the_model(taxi, penguins):
    for trained in (taxi, penguins):
        model = load_model(trained.model, ["serve"], prefer_tflite=False)
        assert warm_up(model, trained.model).records == 4


def _numbers(rows, **label):
    config = make_config(
        label={"column": "y", "task": "binary", **label},
        features={"x": {"kind": "numeric"}},
        model={"family": "linear"},
    )
    return config, Table({"x": float, "y": int}, rows)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A binary label that is also missing once; few rows."""
    folder = tmp_path_factory.mktemp("small")
    config, table = _numbers([{"x": float(i), "y": i % 2} for i in range(6)] + [{"x": 1.0}])
    return config, table, table.analyze(transform_config(config), folder)


def train(small, rows, directory, **config):
    """Train on other rows than Transform has seen."""
    settings, table, artifact = small
    file = Table(table.kinds, rows).write(directory / "rows.gz")
    fn_args = make_fn_args(settings, artifact, file, file, directory)
    fn_args.custom_config = copy.deepcopy(fn_args.custom_config)
    fn_args.custom_config["label"].update(config)
    run_fn(fn_args)


def test_run_fn_fewer_rows_than_a_batch_and_than_smoke_rows_works(small, tmp_path):
    train(small, [{"x": 1.0, "y": 0}, {"x": 2.0, "y": 1}], tmp_path)
    assert (tmp_path / "model/saved_model.pb").exists()


def test_run_fn_rows_without_label_are_left_out(small, tmp_path):
    with pytest.raises(ValueError, match="all 2 training rows have the label '1'"):
        train(small, [{"x": 1.0, "y": 1}, {"x": 2.0}, {"x": 3.0, "y": 1}], tmp_path)


def test_run_fn_no_label_at_all_raises(small, tmp_path):
    with pytest.raises(ValueError, match="no row with a label"):
        train(small, [{"x": 1.0}, {"x": 2.0}], tmp_path)


def test_run_fn_no_rows_raises(small, tmp_path):
    with pytest.raises(ValueError, match="no row with a label"):
        train(small, [], tmp_path)


def test_run_fn_no_rows_to_evaluate_raises(small, tmp_path):
    config, table, artifact = small
    files = table.write(tmp_path / "train.gz"), table[:0].write(tmp_path / "eval.gz")
    with pytest.raises(ValueError, match=r"no row in .*eval\.gz"):
        run_fn(make_fn_args(config, artifact, *files, tmp_path))


def test_run_fn_no_files_raises(small, tmp_path):
    config, _, artifact = small
    with pytest.raises(ValueError, match="no file matches"):
        run_fn(make_fn_args(config, artifact, str(tmp_path / "none*"), "", tmp_path))


def test_run_fn_label_outside_the_classes_raises_naming_it(small, tmp_path):
    rows = [{"x": 1.0, "y": 1}, {"x": 2.0, "y": 0}, {"x": 3.0, "y": 7}, {"x": 4.0, "y": -2}]
    with pytest.raises(ValueError, match=r"2 training rows .* 'y' holds \['-2', '7'\]; allowed"):
        train(small, rows, tmp_path)


def test_run_fn_same_seed_gives_the_same_model(small, tmp_path):
    predictions = []
    for attempt in ("first", "second"):
        (tmp_path / attempt).mkdir()
        train(small, [{"x": float(i), "y": i % 2} for i in range(20)], tmp_path / attempt)
        path = tmp_path / attempt / "model/assets.extra/smoke_rows.json"
        predictions.append(path.read_text())
    assert predictions[0] == predictions[1]


def test_run_fn_rows_in_files_give_a_model_as_good_and_a_note(ames, tmp_path):
    arguments = make_fn_args(ames.config, str(ames.artifact), "", "", tmp_path)
    arguments.train_files = [str(ames.artifact.parent / "train.gz")]
    arguments.eval_files = [str(ames.artifact.parent / "eval.gz")]
    arguments.custom_config["in_memory"] = False
    run_fn(arguments)
    prices = np.array([row["Sale_Price"] for row in ames.evaluation.rows])
    model = tf.saved_model.load(str(tmp_path / "model"))
    examples = tf.constant(ames.evaluation.serialized())
    found = model.signatures["serving_examples"](examples=examples)["value"].numpy()
    error = np.abs(found - prices).mean()
    assert error == pytest.approx(np.abs(answers(ames, "value") - prices).mean(), rel=0.1)
    (note,) = [x for x in read_notes(tmp_path / "run") if x.keys == ("data", "in_memory")]
    assert "read from files while training, for they take" in note.text
    assert "`data.in_memory` is false; training waited for them" in note.text


def _weighed(rows, **label):
    config = make_config(
        label={"column": "y", "task": "binary", "classes": ["no", "yes"], **label},
        features={"x": {"kind": "numeric"}},
        model={"family": "linear"},
    )
    return config, Table({"x": float, "y": str, "days": float}, rows)


def _rows(count, seed=0):
    random = np.random.default_rng(seed)
    for _ in range(count):
        is_yes = random.random() < 0.2
        x = float(np.float32(random.normal() + 1.5 * is_yes))
        yield {"x": x, "y": "yes" if is_yes else "no", "days": 9.0 if is_yes else 1.0}


def _run(config, table, folder):
    files = table.write(folder / "train.gz"), table[:50].write(folder / "eval.gz")
    run_fn(make_fn_args(config, table.analyze(transform_config(config), folder), *files, folder))
    model = tf.saved_model.load(str(folder / "model"))
    return model.signatures["serving_default"], model.signatures["serving_examples"]


def test_run_fn_decision_is_answered_exported_and_said(tmp_path):
    config, table = _weighed([*_rows(1500)], decision={"min_recall": 0.9})
    instances, examples = _run(config, table, tmp_path)
    threshold = read_threshold(tmp_path / "model")
    assert 0 < threshold < 0.3
    found = examples(examples=tf.constant(table.serialized()))
    names = np.where(found["probability"].numpy() > np.float32(threshold), b"yes", b"no")
    assert found["class"].numpy().tolist() == names.tolist()
    is_yes = np.array([row["y"] == "yes" for row in table.rows])
    assert (names[is_yes] == b"yes").mean() == pytest.approx(0.9, abs=0.05)
    assert instances(x=tf.constant([3.0]))["class"].numpy().tolist() == [b"yes"]
    rows = read_smoke_rows(tmp_path / "model")
    assert {row["class"] for row in rows.predictions} <= {"yes", "no"}
    (note,) = [x for x in read_notes(tmp_path / "run") if x.keys == ("label", "decision")]
    assert f"`yes` is answered above a probability of {threshold:.4g}" in note.text


def test_run_fn_column_of_weights_is_learned_by_and_not_asked_for(tmp_path):
    config, table = _weighed([*_rows(1500)], weight="days")
    instances, examples = _run(config, table, tmp_path)
    assert set(instances.structured_input_signature[1]) == {"x"}
    found = examples(examples=tf.constant(table.serialized()))
    is_yes = np.array([row["y"] == "yes" for row in table.rows])
    expected = 9 * is_yes.mean() / (9 * is_yes.mean() + (1 - is_yes.mean()))
    probabilities = found["probability"].numpy()
    assert np.average(probabilities, weights=1 + 8 * is_yes) == pytest.approx(expected, abs=0.03)
    assert "class" not in found


def test_run_fn_negative_weight_raises_naming_the_column(tmp_path):
    rows = [*_rows(20)]
    rows[3]["days"] = -1.0
    config, table = _weighed(rows, weight="days")
    with pytest.raises(ValueError, match="1 of 20 training rows have a negative weight in column"):
        _run(config, table, tmp_path)


def test_run_fn_writes_what_was_learned_beside_the_model(penguins):
    learned = json.loads((penguins.model / "assets.extra/learned.json").read_text())
    assert learned["family"] == penguins.config.model.family
    assert learned["epochs"] >= 1
