#!/usr/bin/env python3
"""Jobs of several ranks that meet a fault at a random moment: none may hang, or leave a run that cannot be continued.

    tests/distributed/trials.py TERN openmpi mpich [--trials 10] [--seed 0] [--only N] [--keep build/failed-trials]

Each trial draws from (seed, its number): one fault of faults.py; the MPI, or hosts; 2 to 4 ranks; the moment, within
the time that an unbroken run takes. The job must end within the time-out and 5 seconds after the fault, with a status
other than 0 and the line that says why, and no process of tern may be left; the checkpoints in its folder must be
whole. One trial in ten is then resumed with another number of ranks, and must end with the bits of an unbroken run.
Exit status 77 where tern has no MPI.
"""

import argparse
import contextlib
import os
import pathlib
import random
import re
import shutil
import signal
import sys
import tempfile
import time

import faults
import hosts
import jobs
import runs

TIMEOUT = 3  # seconds
GRACE = 5
PATIENT = 60  # of runs that no fault meets, on a machine with more to do
START = 5  # until a job finds a fault that is there from the first
SAVE_EVERY = 3
EPOCH_STEPS = 7  # 101 samples in batches of 16
REPLICAS = {2: 4, 3: 6, 4: 4}  # by ranks
OTHER_RANKS = {2: [1, 4], 3: [6], 4: [1, 2]}  # that may continue


class Failed(Exception):
    pass


def flags_of(replicas, data):
    return ["train", "--data", data, "--replicas", replicas, "--batch-size", 16, "--epochs", 4, "--log-steps",
            "--save-every", SAVE_EVERY, "--timeout", TIMEOUT]


class Trials:
    """What all trials share: the set, hosts, and unbroken runs, made when they are first asked for."""

    def __init__(self, tern, launchers, place):
        self.tern, self.place = tern, place
        self.set = runs.make_set(place / "set")
        self.launchers = launchers
        self.why_no_hosts, self.why_no_disk = hosts.why_not(), faults.why_no_disk(place)
        self.unbroken = {}

    def unbroken_run(self, replicas):
        """(result, seconds) of a run that no fault has met."""
        if replicas not in self.unbroken:
            folder = self.place / f"unbroken-{replicas}"
            ranks = 2 if replicas == 4 else 3
            start = time.monotonic()
            flags = jobs.with_flag(flags_of(replicas, self.set), "--timeout", PATIENT)
            status, err = jobs.run(self.tern, [*flags, "--run", folder], self.place, ranks=ranks,
                                   launcher=self.launchers[0])
            if status != 0:
                sys.exit(f"trials: a run that no fault has met ends with {status}:\n{err}")
            self.unbroken[replicas] = runs.result(folder), time.monotonic() - start
        return self.unbroken[replicas]

    def places(self):
        return [*self.launchers, *([] if self.why_no_hosts else ["hosts"])]

    def faults(self):
        return [fault for fault in faults.FAULTS if not (fault.hosts_only and self.why_no_hosts) and
                not (fault.needs_disk and self.why_no_disk)]


class Trial:
    def __init__(self, trials, seed, number, place, stack):
        self.trials, self.place, self.set = trials, place, trials.set
        self.dice = dice = random.Random(f"{seed} {number}")
        self.is_resumed = number % 10 == 5
        kind = dice.choice([kind for kind in trials.faults() if kind.during or not self.is_resumed])
        where = "hosts" if kind.hosts_only else dice.choice(trials.places())
        self.ranks = dice.choice([2, 3, 4])
        self.replicas = REPLICAS[self.ranks]
        self.launcher = jobs.OPEN_MPI if where == "hosts" else where
        self.hosts = stack.enter_context(hosts.Hosts(2, place)) if where == "hosts" else None
        self.fault = kind(self)
        self.disk = stack.enter_context(faults.Disk(place / "disk")) if self.fault.needs_disk else None
        self.run = (self.disk.folder if self.disk else place) / "run"
        self.moment = dice.uniform(0, trials.unbroken_run(self.replicas)[1])
        self.other_ranks = dice.choice(OTHER_RANKS[self.ranks])

    def __str__(self):
        where = "hosts" if self.hosts else self.launcher.name
        when = f" after {self.moment:.2f} s" if self.fault.during else ""
        return f"{self.ranks} ranks, {where}: {self.fault}{when}"

    def execute(self):
        """Returns what came of it; throws Failed."""
        arguments = [*flags_of(self.replicas, self.set), "--run", self.run]
        with jobs.Job(self.trials.tern, arguments, self.place, ranks=self.ranks, launcher=self.launcher,
                      hosts=self.hosts, own=self.fault.own(arguments), notices=self.fault.mpirun_notices) as job:
            if self.fault.during:
                status = job.wait(self.moment)
                if status is not None or not self.fault.happen(job):
                    return self.came_too_late(job)
            told = self.check_end(job)
        self.check_folder()
        if self.is_resumed:
            told += self.resume()
        return told

    def came_too_late(self, job):
        status = job.wait(TIMEOUT + GRACE)
        if status != 0:
            raise Failed(f"status {status} before the fault")
        return "after its end"

    def check_end(self, job):
        happened = time.monotonic()
        limit = happened + TIMEOUT + GRACE
        if self.fault.during and not job.wait_gone(limit - time.monotonic()):
            return self.check_last(job)
        gone = time.monotonic() - happened
        # Where mpirun does not notice that a host was cut off it waits for it: that is not what is tried.
        noticed = self.fault.mpirun_notices
        status = job.wait(limit - time.monotonic() + (0 if self.fault.during else START)) if noticed else 1
        ended = time.monotonic() - happened
        if status is None:
            raise Failed(f"mpirun runs {ended:.1f} s after the fault, the last rank ended after {gone:.1f} s")
        if not job.wait_gone(1):  # MPICH's mpirun has told them, not waited
            raise Failed(f"ranks {sorted(job.trainers())} live after mpirun ended")
        if self.fault.during and (status == 0 or not noticed) and not job.errors() and self.run_is_whole():
            return "after its end"
        if status == 0:
            raise Failed("status 0")
        self.check_lines(job)
        return f"status {status} after {ended:.1f} s" if noticed else f"all ranks ended after {ended:.1f} s"

    def check_last(self, job):
        """What is still there must be one rank, stopped when the others had already left: they do not wait for it."""
        left = sorted(job.trainers())
        alone = self.fault.name == "stop" and left == [self.fault.victim] and not job.errors() and self.run_is_whole()
        if not alone:
            raise Failed(f"ranks {left} live {TIMEOUT + GRACE} s after the fault")
        os.kill(job.trainer(self.fault.victim), signal.SIGCONT)
        # Its own clock has gone on: it may find that it has waited too long.
        status = job.wait(GRACE)
        if status is None or (status != 0 and not self.fault.told(job.errors())):
            raise Failed(f"status {status} of a rank that was stopped when the others had left")
        return f"status {status} after the others' end"

    def check_lines(self, job):
        err = job.errors()
        if not self.fault.told(err + job.output()):
            raise Failed("the line that must say why is missing")
        speakers = re.findall(r"^tern: rank (\d+) on ", err, re.MULTILINE)
        if len(speakers) != len(set(speakers)):
            raise Failed("a rank has several lines")

    def run_is_whole(self):
        return runs.differences(runs.result(self.run), self.trials.unbroken_run(self.replicas)[0]) == []

    def check_folder(self):
        wrong = runs.check_run(self.run)
        # The SIGTERM that a launcher sends to the others when one has died must save nothing.
        odd = [step for step in runs.steps_of(self.run) if step % SAVE_EVERY != 0 and step % EPOCH_STEPS != 0]
        wrong += [f"step {step} was saved" for step in odd]
        if not self.fault.during and self.run.exists():
            wrong.append("a run folder was made")
        if wrong:
            raise Failed("; ".join(wrong))

    def resume(self):
        if self.disk:
            self.disk.free()
        begun = (self.run / "config.toml").exists()
        told = f"; {'resumed' if begun else 'started again'} with {self.other_ranks} ranks"
        flags = ["train", "--resume", "--data", self.set] if begun else flags_of(self.replicas, self.set)
        flags = jobs.with_flag(flags, "--timeout", PATIENT)
        status, _ = jobs.run(self.trials.tern, [*flags, "--run", self.run], self.place, ranks=self.other_ranks,
                             launcher=None if self.other_ranks == 1 else self.dice.choice(self.trials.launchers))
        if status != 0:
            raise Failed(f"{told}: status {status}")
        different = runs.differences(runs.result(self.run), self.trials.unbroken_run(self.replicas)[0])
        if different or runs.leftovers(self.run):
            raise Failed(f"{told}: {', '.join(different)} differ, left {runs.leftovers(self.run)}")
        return f"{told} to the same bits"


def attempt(trials, seed, number, keep):
    """Whether the trial passed."""
    place = trials.place / f"trial-{number}"
    place.mkdir()
    trial = None
    with contextlib.ExitStack() as stack:
        try:
            trial = Trial(trials, seed, number, place, stack)
            told, passed = trial.execute(), True
        except (Failed, TimeoutError) as failure:
            told, passed = f"FAILED: {failure} ({keep / place.name})", False
            shutil.copytree(place, keep / place.name, symlinks=True, dirs_exist_ok=True)
    print(f"trial {number}: {trial}: {told}", flush=True)
    shutil.rmtree(place)
    return passed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tern", type=pathlib.Path)
    parser.add_argument("mpis", nargs="*", help="those that tern has modules for")
    parser.add_argument("--trials", default=10, type=int)
    parser.add_argument("--seed", default=0, type=int)
    parser.add_argument("--only", type=int, help="the number of the one trial to run")
    parser.add_argument("--one-host", action="store_true", help="no other hosts, as in CI")
    parser.add_argument("--again", action="store_true", help="a trial that fails is tried once more, as in CI")
    parser.add_argument("--keep", default="build/failed-trials", type=pathlib.Path, help="for what failed trials leave")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that hosts and disks go
    with tempfile.TemporaryDirectory(prefix="tern-trials-") as name:
        trials = Trials(options.tern.resolve(), jobs.launchers_of(options.mpis), pathlib.Path(name))
        if options.one_host:
            trials.why_no_hosts = "--one-host was given"
        for why in filter(None, (trials.why_no_hosts, trials.why_no_disk)):
            print(f"trials: without some faults: {why}")
        start = time.monotonic()
        numbers = range(options.trials) if options.only is None else [options.only]
        # Moments are drawn, not what the machine does then: in CI one failure of a trial may be the machine's.
        def passes(number):
            return any(attempt(trials, options.seed, number, options.keep) for _ in range(2 if options.again else 1))

        failed = [number for number in numbers if not passes(number)]
        print(f"{len(numbers)} trials of seed {options.seed} in {time.monotonic() - start:.0f} s: "
              f"{len(numbers) - len(failed)} passed, {len(failed)} failed", *failed)
        return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
