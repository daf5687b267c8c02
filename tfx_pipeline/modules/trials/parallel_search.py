"""KerasTuner's tuner, with trials in processes of their own until the time is over."""

from __future__ import annotations

import concurrent.futures
import logging
import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import keras_tuner
from keras_tuner.engine import base_tuner
from keras_tuner.engine import trial as trial_module
from keras_tuner.oracles import RandomSearchOracle

from tfx_pipeline.modules.trials.space import (
    FAMILY,
    as_configured,
    declare,
    family_of,
    setting_of,
)
from tfx_pipeline.modules.trials.trial import TrialData, run_trial, use_threads
from tfx_pipeline.processes.cores import usable_cores
from tfx_pipeline.processes.progress import progress_adds, progress_begins

_LOG = logging.getLogger(__name__)
_OBJECTIVE = "held_out_loss"
_MOST_TRIALS = 10_000
_GRACE = 1.25  # of the time: a trial that has begun may still end within it


class DefaultsFirst(RandomSearchOracle):
    """Draws at random, after one trial of each family as the configuration has it."""

    def __init__(self, families: Sequence[str], seed: int) -> None:
        """Search the settings of these families."""
        parameters = keras_tuner.HyperParameters()
        declare(parameters, list(families))
        super().__init__(
            objective=keras_tuner.Objective(_OBJECTIVE, "min"),
            max_trials=_MOST_TRIALS,
            hyperparameters=parameters,
            seed=seed or 1,  # 0 would be drawn at random
            max_consecutive_failed_trials=_MOST_TRIALS,
        )
        self._families = families

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Choose the values of a trial."""
        number = int(trial_id)
        if number < len(self._families):
            values = {FAMILY: as_configured(self._families[number])}
            return {"status": trial_module.TrialStatus.RUNNING, "values": values}
        while True:
            drawn = dict(super().populate_space(trial_id))
            if drawn["values"] is None or drawn["values"][FAMILY] in self._families:
                return drawn


class ParallelSearch(base_tuner.BaseTuner):
    """Looks for the settings with the lowest loss on held-out rows.

    The settings of the configuration are tried first, so nothing worse is ever found.
    """

    def __init__(self, families: Sequence[str], seed: int, directory: str) -> None:
        """Keep the state of the search in a folder."""
        super().__init__(
            DefaultsFirst(families, seed),
            directory=directory,
            project_name="trials",
            overwrite=True,
        )
        self._families = families

    def search(
        self, data: TrialData, budget_s: float, processes: int | None = None, threads: int = 1
    ) -> None:
        """Run trials until the time is over; those of the defaults are waited for in any case.

        Raises:
            RuntimeError: a process ended by itself before each family was tried as configured.
        """
        processes = processes or usable_cores()
        context = multiprocessing.get_context("spawn")
        pool = concurrent.futures.ProcessPoolExecutor(
            processes, context, initializer=use_threads, initargs=(threads,)
        )
        progress_begins(budget_s)
        try:
            self._run_trials(pool, processes, data, budget_s)
        except BrokenProcessPool as error:
            text = "a process of the search ended by itself, perhaps for want of memory"
            if not self._knows_defaults():
                raise RuntimeError(f"{text}: remove model.budget, or give it more") from error
            _LOG.warning("%s: what was found until then counts", text)
        finally:
            for process in (pool._processes or {}).values():
                process.terminate()
            pool.shutdown(wait=True, cancel_futures=True)

    def _run_trials(
        self,
        pool: concurrent.futures.ProcessPoolExecutor,
        processes: int,
        data: TrialData,
        budget_s: float,
    ) -> None:
        """Keep all processes busy until the time is over."""
        began, shown = time.monotonic(), 0.0
        running: dict[concurrent.futures.Future[float], Any] = {}
        free = [f"process{number}" for number in range(processes)]
        while True:
            passed = time.monotonic() - began
            progress_adds(min(passed, budget_s) - shown)
            shown = min(passed, budget_s)
            while free and (passed < budget_s or self._lacks_defaults()):
                tuner = free.pop()
                trial = self.oracle.create_trial(tuner)
                if trial.status != trial_module.TrialStatus.RUNNING:
                    budget_s = passed  # all there is was tried
                    break
                family = family_of(trial.hyperparameters.values)
                setting = setting_of(trial.hyperparameters.values, family)
                running[pool.submit(run_trial, data, family, setting)] = (tuner, trial)
            late = passed > _GRACE * budget_s and not self._waits_for_defaults(running)
            if not running or late:
                return
            done, _ = concurrent.futures.wait(running, 1.0, concurrent.futures.FIRST_COMPLETED)
            for future in done:
                tuner, trial = running.pop(future)
                free.append(tuner)
                self._end(trial, future)

    def _lacks_defaults(self) -> bool:
        """Tell whether a family was not yet begun with as it is configured."""
        return len(self.oracle.trials) < len(self._families)

    def _knows_defaults(self) -> bool:
        """Tell whether each family was tried as it is configured."""
        count = len(self._families)
        first = [x for x in self.oracle.trials.values() if int(x.trial_id) < count]
        done = [x for x in first if x.status == trial_module.TrialStatus.COMPLETED]
        return len(done) == count

    def _waits_for_defaults(self, running: dict[Any, Any]) -> bool:
        return any(int(x.trial_id) < len(self._families) for _, x in running.values())

    def _end(self, trial: Any, future: concurrent.futures.Future[float]) -> None:
        """Tell the oracle what came of a trial."""
        try:
            loss = future.result()
        except BrokenProcessPool:
            raise
        except Exception as error:
            _LOG.warning("trial %s failed: %s", trial.trial_id, error)
            if int(trial.trial_id) < len(self._families):
                raise
            trial.status, trial.message = trial_module.TrialStatus.FAILED, str(error)
        else:
            _LOG.info("trial %s: %.6f, %s", trial.trial_id, loss, trial.hyperparameters.values)
            self.oracle.update_trial(trial.trial_id, {_OBJECTIVE: loss})
            trial.status = trial_module.TrialStatus.COMPLETED
        self.oracle.end_trial(trial)

    def get_best_hyperparameters(self, num_trials: int = 1) -> list[keras_tuner.HyperParameters]:
        """Join the best settings of each family; only one answer is ever given."""
        best: dict[str, Any] = {}
        joined = self.oracle.get_space()
        for trial in self.oracle.get_best_trials(len(self.oracle.trials)):
            values = trial.hyperparameters.values
            best.setdefault(family_of(values), values)
        joined.values = {name: x for values in best.values() for name, x in values.items()}
        return [joined][:num_trials]
