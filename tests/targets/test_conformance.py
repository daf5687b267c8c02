"""What targets cannot do of a configuration, and whether the rules say so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.targets.fitting_configs import GOOD, in_environment
from tfx_pipeline.config.loader import LoadedConfig, load_config
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.targets.conformance import RULES, Report, check, check_runs_here
from tfx_pipeline.targets.page import render
from tfx_pipeline.targets.rules import TARGETS, Target, target_of

_OF_TARGET = [(target, GOOD[target]) for target in TARGETS]


def loaded(tmp_path: Path, text: str, *overrides: str) -> LoadedConfig:
    file = tmp_path / "overlay.yaml"
    file.write_text(text, encoding="utf-8")
    return load_config("configs/penguins.yaml", str(file), overrides)


def report(target: Target, *overrides: str, rows: int | None = None) -> Report:
    config = in_environment(GOOD[target])
    source = load_config("configs/penguins.yaml", None, overrides).source.values
    values = config.model_dump(mode="json", exclude_unset=True)
    for section in ("push", "environment", "hooks"):
        if section in source:
            values[section] = _merged(values.get(section, {}), source[section])
    return check(PipelineConfig.model_validate(values), target, rows)


def _merged(below: Any, above: Any) -> Any:
    if isinstance(below, dict) and isinstance(above, dict):
        return {**below, **{name: _merged(below.get(name), x) for name, x in above.items()}}
    return above


@pytest.mark.parametrize(("target", "values"), _OF_TARGET)
def test_check_of_a_fitting_configuration_finds_nothing(
    target: Target, values: dict[str, Any]
) -> None:
    config = in_environment(values)
    found = check(config, target, table_rows=1_000_000)
    assert (found.errors, found.warnings) == ((), ())
    found.refuse()
    assert target in (target_of(config), "ir")


@pytest.mark.parametrize("env", ["local", "kubeflow", "vertex", "prism", "dataflow"])
@pytest.mark.parametrize("name", ["taxi", "ames", "penguins"])
def test_check_of_the_shipped_environments_finds_nothing(
    name: str, env: str, repository: Path
) -> None:
    shipped = load_config(repository / f"configs/{name}.yaml", env)
    found = check(shipped, target_of(shipped.config), table_rows=10_000)
    assert (found.errors, found.warnings) == ((), ())


@pytest.mark.parametrize("env", ["flink", "spark"])
def test_check_of_an_engine_on_a_volume_says_that_its_workers_must_mount_it(
    env: str, repository: Path
) -> None:
    shipped = load_config(repository / "configs/penguins.yaml", env)
    found = check(shipped, target_of(shipped.config), table_rows=10_000_000)
    assert found.errors == ()
    (warning,) = found.warnings
    assert "Beam's workers must mount this volume" in warning.what


_ROOT = "environment.pipeline_root"
_PUSH = "push.base_directory"
_BEAM = "environment.beam_options"
_ENGINE = "environment.beam"
_FLINK = "{{engine: flink, job_endpoint: '{}:8099', worker_pool: 'localhost:50000'}}"
_META = "environment.metadata"
_SERVER = "push.infra_check.server"


@pytest.mark.parametrize(
    ("target", "override", "field"),
    [
        ("local", f"{_ROOT}=gs://bucket", _ROOT),
        ("local", f"{_PUSH}=s3://bucket", _PUSH),
        ("local", f"{_META}={{kind: grpc, host: mlmd}}", f"{_META}.kind"),
        ("local", f"{_META}.path=gs://bucket/x.db", f"{_META}.path"),
        ("local", f"{_BEAM}=[--runner=DataflowRunner, --project=p]", "environment.beam.engine"),
        ("local", f"{_ENGINE}={{engine: dataflow}}", f"{_ENGINE}.engine"),
        ("ir", f"{_ENGINE}={{engine: dataflow}}", f"{_ENGINE}.dataflow.project"),
        ("ir", f"{_ENGINE}={{engine: dataflow}}", f"{_ENGINE}.dataflow.region"),
        ("ir", f"{_ENGINE}={{engine: dataflow, dataflow: {{temp_location: /tmp}}}}",
         f"{_ENGINE}.dataflow.temp_location"),
        ("kfp", f"{_ENGINE}={{engine: dataflow}}", _ROOT),
        ("kfp", f"{_ENGINE}={_FLINK.format('localhost')}", f"{_ENGINE}.job_endpoint"),
        ("kfp", f"{_ENGINE}={_FLINK.format('127.1.2.3')}", f"{_ENGINE}.job_endpoint"),
        ("vertex-native", f"{_BEAM}=[--runner=PortableRunner, --job_endpoint=localhost:8099]",
         f"{_ENGINE}.job_endpoint"),
        ("local", f"{_SERVER}=kubernetes", _SERVER),
        ("ir", f"{_ROOT}=ftp://host/x", _ROOT),
        ("ir", f"{_ROOT}=file:///mnt/x", _ROOT),
        ("ir", "environment.steps.Trainr.cpu=1", "environment.steps.Trainr"),
        ("kfp", f"{_ROOT}=output", _ROOT),
        ("kfp", f"{_ROOT}=/mnt/data2/x", _ROOT),
        ("kfp", f"{_ROOT}=/mnt/data/../x", _ROOT),
        ("kfp", f"{_PUSH}=/models", _PUSH),
        ("kfp", f"{_META}={{kind: sqlite}}", f"{_META}.kind"),
        ("kfp", f"{_META}.host=localhost", f"{_META}.host"),
        ("kfp", f"{_META}.host=127.1.2.3", f"{_META}.host"),
        ("kfp", f"{_META}.host='[::1]'", f"{_META}.host"),
        ("kfp", f"{_META}.host=0.0.0.0", f"{_META}.host"),
        ("kfp", "environment.image=null", "environment.image"),
        ("kfp", f"{_BEAM}=[--runner=PortableRunner]", _BEAM),
        ("kfp", f"{_BEAM}=[--runner, FlinkRunner]", _BEAM),
        ("kfp", f"{_SERVER}=docker", _SERVER),
        ("kfp", "environment.service_account=a@b.iam.gserviceaccount.com", "service_account"),
        ("kfp", "environment.steps.Trainer={gpus: 1, accelerator: T4}", "Trainer.accelerator"),
        ("kfp", "environment.job.labels={a b: c}", "environment.job.labels.a b"),
        ("kfp", "environment.job.schedule=0 25:00 * * *", "environment.job.schedule"),
        ("kfp", "environment.volumes=[{claim: a, mount_path: /mnt/data}, "
         "{claim: b, mount_path: /mnt/data/}]", "environment.volumes.1.mount_path"),
        ("kfp", "environment.secrets=[{name: a, key: a, env: A}, {name: b, key: b, env: A}]",
         "environment.secrets.1.env"),
        ("vertex-native", f"{_ROOT}=s3://bucket", _ROOT),
        ("vertex-native", f"{_PUSH}=/mnt/data/models", _PUSH),
        ("vertex-native", "environment.service_account=tfx-pipeline", "service_account"),
        ("vertex-native", "environment.steps.default={gpus: 1}", "default.accelerator"),
        ("vertex-native", "environment.job.labels={Team: a}", "environment.job.labels.Team"),
        ("vertex-native", "environment.job.schedule=0 0 6 * * *", "environment.job.schedule"),
        ("vertex-native", "environment.vertex.project=null", "vertex.project"),
        ("vertex-native", f"{_SERVER}=kubernetes", _SERVER),
        ("vertex-generic", f"{_META}={{kind: sqlite, path: /mnt/data/x.db}}", f"{_META}.kind"),
    ],
)  # fmt: skip
def test_check_of_what_cannot_be_done_names_the_field(
    target: Target, override: str, field: str
) -> None:
    found = report(target, override)
    assert [x.place for x in found.errors if x.place and x.place.endswith(field)], found.errors
    with pytest.raises(ConfigError, match=f"^{target} cannot run this configuration: "):
        found.refuse()


@pytest.mark.parametrize(
    ("target", "override", "field", "said"),
    [
        ("kfp", "environment.image=registry:5000/x", "environment.image", "has no tag"),
        ("kfp", "environment.image=x:latest", "environment.image", "`latest`"),
        ("kfp", "environment.image=localhost:5000/x:1", "environment.image", "one machine"),
        ("kfp", "environment.secrets=[]", f"{_META}.password_env", "the password of `tfx`"),
        ("kfp", "environment.volumes=[{claim: x, mount_path: /usr}]", "mount_path", "hides"),
        ("kfp", f"{_META}={{kind: sqlite, path: /mnt/data/x.db}}", f"{_META}.path", "locks"),
        ("kfp", f"{_SERVER}=binary", _SERVER, "tensorflow_model_server"),
        ("kfp", f"{_SERVER}=kubernetes", _SERVER, "starts a pod"),
        ("kfp", "hooks.run_fn=my.training.run_fn", "hooks.run_fn", "must be in the image"),
        ("kfp", "environment.vertex.training={}", "vertex.training", "ignored"),
        ("kfp", f"{_BEAM}=[--runner=PortableRunner, --job_endpoint=j:1]", _BEAM, "DOCKER"),
        ("kfp", f"{_BEAM}=[--runner=Nemo]", _BEAM, "not one of the engines"),
        ("kfp", f"{_ENGINE}={_FLINK.format('jobs').replace('flink', 'prism')}", "engine", "memory"),
        ("kfp", f"{_ENGINE}.workers=4", "workers", "takes memory of the step's own"),
        ("kfp", f"{_PUSH}=s3://bucket/models", _PUSH, "gs:// and folders only"),
        ("vertex-native", "environment.secrets=[{name: a, key: a, env: A}]", "secrets", "ignored"),
        ("vertex-native", "environment.runtime_parameters=[model.epochs]", "parameters", "ignored"),
        ("vertex-native", "environment.steps.default.node_selector={a: b}", "selector", "chooses"),
        ("vertex-native", f"{_META}={{kind: grpc, host: mlmd}}", _META, "its own metadata"),
        ("vertex-generic", f"{_META}.host=10.0.0.7", f"{_META}.host", "join no network"),
    ],
)  # fmt: skip
def test_check_of_what_needs_care_warns(
    target: Target, override: str, field: str, said: str
) -> None:
    found = report(target, override)
    warned = [x.what for x in found.warnings if x.place and x.place.endswith(field)]
    assert [what for what in warned if said in what], found.warnings


def test_check_of_a_password_that_a_secret_brings_as_a_file_finds_nothing() -> None:
    found = report(
        "kfp",
        "environment.metadata.password_file=/mnt/key/password",
        "environment.secrets=[{name: database, mount_path: /mnt/key}]",
    )
    assert (found.errors, found.warnings) == ((), ())


def test_check_of_many_rows_says_the_number() -> None:
    found = report("kfp", rows=1_000_001)
    (problem,) = found.warnings
    assert "1,000,001 rows" in problem.what
    on_workers = (
        f"{_BEAM}=[--runner=PortableRunner, --job_endpoint=j:1, --environment_type=EXTERNAL]"
    )
    said = [x.what for x in report("kfp", on_workers, rows=1_000_001).warnings]
    assert not [what for what in said if "1,000,001" in what]


def test_check_of_a_loaded_configuration_names_file_and_line(tmp_path: Path) -> None:
    text = "environment:\n  runner: kfp\n  steps:\n    Trainr: {cpu: 1}\n"
    found = check(loaded(tmp_path, text), "ir")
    (problem,) = found.errors
    assert problem.place == f"{tmp_path}/overlay.yaml:4"
    assert problem.next_step == "did you mean `Trainer`?"


def test_check_never_shows_a_secret(tmp_path: Path) -> None:
    text = "environment:\n  metadata: {kind: mysql, host: localhost, user: u, password_env: PW}\n"
    for target in TARGETS:
        found = check(loaded(tmp_path, text), target)
        assert all(isinstance(x, Problem) for x in (*found.errors, *found.warnings))


def problems_here(folder: Path, overlay: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        check_runs_here(loaded(folder, overlay))
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


def test_check_runs_here_of_the_shipped_environment_raises_nothing() -> None:
    check_runs_here(load_config("configs/penguins.yaml", "local"))


def test_check_runs_here_for_another_runner_names_the_command(tmp_path: Path) -> None:
    (problem,) = problems_here(tmp_path, "environment:\n  runner: kfp\n")
    assert problem == (
        "overlay.yaml:2: `environment.runner`: this command runs a pipeline on this machine\n"
        "    received kfp\n"
        "    allowed  local\n"
        "    next     use --env local, or tfx-pipeline submit"
    )


def test_check_runs_here_with_places_elsewhere_reports_all(tmp_path: Path) -> None:
    overlay = (
        "environment:\n"
        "  pipeline_root: gs://bucket/root\n"
        "  metadata: {kind: grpc, host: mlmd}\n"
        "push: {base_directory: 's3://models'}\n"
    )
    found = [problem.splitlines()[0] for problem in problems_here(tmp_path, overlay)]
    assert [each.partition(": ")[0] for each in found] == [
        "overlay.yaml:2",
        "overlay.yaml:4",
        "overlay.yaml:3",
    ]


def test_rules_speak_of_each_feature_once() -> None:
    features = [rule.feature for rule in RULES]
    assert len(features) == len(set(features))
    assert all(rule.levels and set(rule.levels) <= set(TARGETS) for rule in RULES)


def test_render_equals_the_shipped_page(repository: Path) -> None:
    shipped = (repository / "deploy/kubeflow/TARGETS.md").read_text(encoding="utf-8")
    assert shipped == render(), "run python -m tfx_pipeline.targets.page"
