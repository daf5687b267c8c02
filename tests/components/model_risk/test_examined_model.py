"""The shipped penguins model and its rows, as the risk checks see them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.evaluation.risk.subject import Subject

pytestmark = [pytest.mark.slow, pytest.mark.once]


@pytest.fixture(scope="module")
def places(local_penguins: dict[str, str]) -> Any:
    from tfx_pipeline.components.model_risk.examined_model import Places

    examples = Path(local_penguins["CsvExampleGen.examples"])
    return Places(
        Path(local_penguins["Trainer.model"]) / "Format-Serving",
        examples / "Split-train",
        examples / "Split-eval",
        Path(local_penguins["Transform.transform_graph"]),
    )


@pytest.fixture(scope="module")
def schema(local_penguins: dict[str, str]) -> Any:
    from tfx_pipeline.runners.steps.artifact_facts import read_schema

    return read_schema(Path(local_penguins["SchemaGen.schema"]))


def settings_of(repository: Path, *overrides: str) -> Any:
    from tfx_pipeline.pipeline.parts import learning_settings
    from tfx_pipeline.pipeline.risk_settings import make_risk_settings

    config = load_config(repository / "configs/penguins.yaml", overrides=overrides).config
    return make_risk_settings(config, learning_settings(config))


@pytest.fixture(scope="module")
def subject(repository: Path, places: Any, schema: Any) -> Iterator[Subject]:
    from tfx_pipeline.components.model_risk.examined_model import examined

    overrides = ["data.split.by=key", "data.split.columns=island,sex"]
    with examined(places, schema, settings_of(repository, *overrides), None, 0.25) as found:
        yield found


def test_examined_rows_are_those_of_the_splits(subject: Subject) -> None:
    assert (len(subject.train), len(subject.eval)) == (235, 109)
    assert (subject.train.of, subject.eval.of) == (235, 109)
    assert subject.task == "multiclass"
    assert subject.classes == ("Adelie", "Chinstrap", "Gentoo")
    species = subject.eval.columns["species"]
    assert [subject.classes[int(x)] for x in subject.eval.labels] == species.tolist()
    assert set(subject.features) == subject.domains.keys()
    assert "species" not in subject.features


def test_examined_answers_are_those_that_a_server_gives_to_the_same_rows(
    subject: Subject, places: Any
) -> None:
    import tensorflow as tf

    from tfx_pipeline.modules.model.transformed_rows import serialized_rows

    serialized = serialized_rows([f"{places.eval}/*"]).batch(1000)
    (batch,) = serialized.as_numpy_iterator()
    signature = tf.saved_model.load(str(places.model)).signatures["serving_examples"]
    expected = signature(examples=tf.constant(batch))["probabilities"].numpy()
    np.testing.assert_allclose(subject.answers, expected, atol=1e-6)
    assert np.isnan(subject.eval.columns["flipper_length_mm"]).any()  # missing ones are among them
    taken = np.array([5, 3])
    np.testing.assert_allclose(
        subject.predict(subject.feature_columns(taken)), expected[taken], atol=1e-6
    )


def test_examined_domains_hold_what_training_rows_do(subject: Subject) -> None:
    mass = subject.domains["body_mass_g"]
    known = subject.train.columns["body_mass_g"]
    assert (mass.kind, mass.whole, mass.feature_kind) == ("number", True, "numeric")
    assert (mass.low, mass.high) == (np.nanmin(known), np.nanmax(known))
    island = subject.domains["island"]
    assert set(island.values) == {"Biscoe", "Dream", "Torgersen"}
    counts = [(subject.train.columns["island"] == x).sum() for x in island.values]
    assert counts == sorted(counts, reverse=True)
    assert island.required
    assert not subject.domains["sex"].required


def test_examined_clusters_share_the_key(subject: Subject) -> None:
    assert subject.clusters is not None
    columns = subject.eval.columns
    keys = [f"{x} {y}" for x, y in zip(columns["island"], columns["sex"], strict=True)]
    pairs = set(zip(keys, subject.clusters.tolist(), strict=True))
    assert len(pairs) == len(set(keys)) == len(set(subject.clusters.tolist()))


def test_examined_newest_rows_are_the_last_of_both_splits(subject: Subject) -> None:
    assert subject.newest is not None
    masses = [x.columns["body_mass_g"] for x in (subject.eval, subject.train)]
    expected = np.concatenate([masses[0][-27:], masses[1][-58:]])
    np.testing.assert_array_equal(subject.newest["body_mass_g"], expected)


def test_fit_trains_a_model_like_it_on_other_rows(subject: Subject) -> None:
    assert subject.fit is not None
    labels = subject.train.labels
    half = np.flatnonzero(labels != 2)[::2]  # no Gentoo among them
    reference = subject.fit(half, 5)
    answers = reference(subject.feature_columns())
    assert answers.shape == (109, 3)
    chosen = answers.argmax(axis=1)
    is_gentoo = subject.eval.labels == 2
    assert (chosen[~is_gentoo] == subject.eval.labels[~is_gentoo]).mean() > 0.9
    assert answers[is_gentoo, 2].mean() < 0.3
    again = subject.fit(half, 5)(subject.feature_columns())
    np.testing.assert_array_equal(again, answers)
    assert not np.array_equal(subject.fit(half, 6)(subject.feature_columns()), answers)
    with pytest.raises(ValueError, match="nothing to learn"):
        subject.fit(np.flatnonzero(labels == 1), 5)


def test_predict_without_a_column_names_it(subject: Subject) -> None:
    columns = subject.feature_columns()
    with pytest.raises(ValueError, match=r"columns without values: .'sex'."):
        subject.predict({name: x for name, x in columns.items() if name != "sex"})
    with pytest.raises(ValueError, match="columns of different lengths"):
        subject.predict({**columns, "sex": columns["sex"][:-1]})


def test_predict_of_no_rows_and_of_strange_values_answers(subject: Subject) -> None:
    columns = subject.feature_columns(np.arange(2))
    assert subject.predict({name: x[:0] for name, x in columns.items()}).shape == (0, 3)
    strange = {
        **columns,
        "body_mass_g": np.array([1e300, -np.inf]),
        "sex": np.array(["🐧", "a" * 10_000], object),
    }
    assert np.isfinite(subject.predict(strange)).all()


@pytest.mark.parametrize(
    ("columns", "names", "codes"),
    [
        ({"a": ["x", "y", "x", ""]}, ["a"], [[0, 2]]),
        ({"a": ["x", "", "", "x"], "b": [1.0, np.nan, np.nan, 1.0]}, ["a", "b"], [[0, 3]]),
        ({"a": ["x", "x", "x", "x"], "b": [1.0, 2.0, 1.0, np.nan]}, ["a", "b"], [[0, 2]]),
    ],
)
def test_cluster_codes_of_rows_without_a_key_stand_alone(
    columns: dict[str, list[Any]], names: list[str], codes: list[list[int]]
) -> None:
    from tfx_pipeline.components.model_risk.examined_model import cluster_codes

    arrays = {
        name: np.array(x, object if isinstance(x[0], str) else float) for name, x in columns.items()
    }
    found = cluster_codes(arrays, names)
    assert found is not None
    shared = [
        [int(x) for x in np.flatnonzero(found == code)]
        for code in np.unique(found)
        if (found == code).sum() > 1
    ]
    assert shared == codes
    assert cluster_codes(arrays, []) is None


def test_newest_share_is_told_of_several_spans_in_order_alone() -> None:
    from tfx_pipeline.components.model_risk.newest_span import newest_share
    from tfx_pipeline.ingestion.versions.manifest import Manifest, SourceFile
    from tfx_pipeline.ingestion.versions.row_counts import RowCounts

    files = tuple(
        SourceFile(f"{span}.csv", "", rows, span)
        for span, rows in (("1", 60), ("2", 30), ("2", 10))
    )
    manifest = Manifest("", RowCounts(100, 0, 0), {}, files)
    assert newest_share(manifest, in_order=True) == 0.4
    assert newest_share(manifest, in_order=False) is None
    assert newest_share(None, in_order=True) is None
    one = Manifest("", RowCounts(60, 0, 0), {}, files[:1])
    assert newest_share(one, in_order=True) is None
