#!/usr/bin/env python3
"""What jobs of several ranks refuse: each with one line, on one rank, and a status other than 0 of the whole job.

usage: refusals_test.py TERN [openmpi] [mpich] [unittest's arguments]
"""

import contextlib
import pathlib
import shutil
import sys
import time
import unittest

import jobs
import runs

TERN = ""
LAUNCHERS = []  # both set by main()
FIRST = r"rank 0 on \S+: "
DIFFER = r"rank \d on \S+: \[ranks\] must be started alike: "


class RefusalsTest(jobs.ScratchTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set = runs.make_set(cls.shared / "set", train=24, test=4)
        cls.other_set = runs.make_set(cls.shared / "other-set", train=24, test=4, seed=1)

    def setUp(self):
        super().setUp()
        self.run_folder = self.place / "run"
        self.flags = ["train", "--data", self.set, "--batch-size", 8, "--epochs", 1, "--run", self.run_folder]

    def assert_one_line(self, err, line):
        told = [one for one in err.splitlines() if one.startswith("tern: ")]
        self.assertEqual(len(told), 1, err)
        self.assertRegex(told[0], f"^tern: {line}$")

    def assert_refused(self, line, *more, ranks=2, tern=None, status=None, **options):
        got, err = jobs.run(tern or TERN, [*self.flags, *more], self.place, ranks=ranks, limit=20, **options)
        self.assert_one_line(err, line)
        self.assertNotEqual(got, 0)
        if status is not None:
            self.assertEqual(got, status)
        self.assertFalse(self.run_folder.exists())

    def assert_all_refuse(self, line, *more, **options):
        for launcher in LAUNCHERS:
            with self.subTest(launcher.name):
                self.assert_refused(line, *more, launcher=launcher, **options)

    def test_replicas_that_ranks_cannot_share(self):
        self.assert_all_refuse(FIRST + r"\[--replicas\] must be a multiple of the 2 ranks, got 3", "--replicas", 3)
        self.assert_all_refuse(FIRST + r"\[--replicas\] .*\b6\b.*\b2\b.*", "--replicas", 6)

    def test_fewer_samples_than_replicas(self):
        self.assert_all_refuse(FIRST + r"\[--batch-size\] must be at least the 16 replicas, got 8", "--replicas", 16)

    def test_synced_statistics_of_replicas_on_one_rank(self):
        line = r"\[--sync-batch-norm\] needs one replica on each rank, got 4 replicas on "
        self.assert_all_refuse(f"{FIRST}{line}2 ranks", "--replicas", 4, "--sync-batch-norm")
        self.assert_refused(f"{line}1 rank", "--replicas", 4, "--sync-batch-norm", ranks=1, status=2)

    def test_forms_of_exchange_that_cannot_be(self):
        for line, *flags in ((r"\[--exchange-type\] must be float32 for one replica, which sends nothing", "--exchange-type", "int8"),
                             (r"\[--exchange-type\] must be float32 with --precision float16, whose gradients are scaled",
                              "--replicas", 2, "--exchange-type", "top-k", "--precision", "float16"),
                             (r"\[--exchange-share\] needs --exchange-type top-k", "--replicas", 2, "--exchange-share", 0.1),
                             (r"\[--outer-momentum\] needs --local-steps, how many there are between two averages", "--outer-momentum", 0.9),
                             (r"\[--ema\] has no meaning for --local-steps 2", "--local-steps", 2, "--ema", 0.9)):
            with self.subTest(line):
                self.assert_refused(line, *flags, ranks=1, status=2)

    def test_another_set_on_a_rank(self):
        line = DIFFER + r"rank 1 on \S+ has training samples in --data with sum \w+, rank 0 on \S+ has \w+"
        self.assert_all_refuse(line, own={1: jobs.with_flag(self.flags, "--data", self.other_set)})

    def test_other_flags_on_a_rank(self):
        self.assert_all_refuse(DIFFER + r"rank 2 on \S+ has --lr 0\.25, rank 0 on \S+ has 0\.001", ranks=3,
                               own={2: [*self.flags, "--lr", 0.25]})

    def test_another_build_on_a_rank(self):
        other = self.place / "tern"
        other.write_bytes(pathlib.Path(TERN).read_bytes() + b"\0")
        other.chmod(0o700)
        modules = pathlib.Path(TERN).parents[1] / "lib" / "tern"
        self.assert_all_refuse(DIFFER + r"rank 1 on \S+ has a program with sum \w+, rank 0 on \S+ has \w+",
                               own_tern={1: other}, TERN_LIBRARY_PATH=str(modules))

    def test_another_tuning_table_on_a_rank(self):
        table = self.place / "tuning.toml"
        table.write_text('device = "cpu"\n[choices]\n')
        self.assert_all_refuse(DIFFER + r"rank 1 on \S+ has a --tuning table with sum \w+, rank 0 on \S+ has \w+",
                               own={1: [*self.flags, "--tuning", table]})

    def test_a_wrong_flag_on_one_rank(self):
        self.assert_all_refuse(r".*rank 1 on \S+: \[--lr\] must be a number above 0, got -1",
                               own={1: [*self.flags, "--lr", -1]})

    def test_a_missing_set_on_one_rank(self):
        gone = self.place / "gone"
        own = {1: jobs.with_flag(self.flags, "--data", gone)}
        self.assert_all_refuse(rf".*rank 1 on \S+: \[{gone}\] .*", own=own)

    def test_a_module_that_cannot_be_opened(self):
        alone = self.place / "bin" / "tern"
        alone.parent.mkdir()
        shutil.copy2(TERN, alone)
        line = r".*\[ranks\] started by .* as rank 0 of 2, but its MPI cannot be opened: .*libtern_mpi_.*"
        self.assert_all_refuse(line, tern=alone)

    def test_launchers_that_cannot_be_joined(self):
        started = r".*\[ranks\] started by "
        self.assert_refused(started + "Slurm as rank 0 of 4, without a way to join the others: .*srun.*", ranks=1,
                            SLURM_PROCID="0", SLURM_NTASKS="4")
        self.assert_refused(started + "torchrun as rank 0 of 2, .*start it with mpirun or srun", ranks=1, RANK="0",
                            WORLD_SIZE="2")

    def test_a_run_folder_in_use(self):
        for launcher in LAUNCHERS:
            self.run_folder = self.place / launcher.name.replace(" ", "-")
            flags = jobs.with_flag(jobs.with_flag(self.flags, "--run", self.run_folder), "--epochs", 1_000_000)
            with contextlib.ExitStack() as stack:
                first = stack.enter_context(jobs.Job(TERN, flags, self.folder("first"), ranks=2, launcher=launcher))
                until = time.monotonic() + 20
                while not (self.run_folder / "config.toml").exists():
                    self.assertIsNone(first.wait(0.02), first.errors())
                    self.assertLess(time.monotonic(), until)
                resume = ["train", "--resume", "--run", self.run_folder]
                for more, said in (flags, "holds a run"), (resume, "another process"):
                    status, err = jobs.run(TERN, more, self.folder("second"), ranks=2, launcher=launcher, limit=20)
                    self.assert_one_line(err, FIRST + rf"\[.*\] .*{said}.*")
                    self.assertNotEqual(status, 0)
                self.assertIsNone(first.wait(0), first.errors())

    def test_one_of_many_jobs_gets_a_new_run_folder(self):
        launcher = LAUNCHERS[0]
        with contextlib.ExitStack() as stack:
            many = [stack.enter_context(jobs.Job(TERN, self.flags, self.folder(str(i)), ranks=2, launcher=launcher))
                    for i in range(3)]
            ended = [job.wait(60) for job in many]
            self.assertEqual(sorted(ended)[0], 0, [job.errors() for job in many])
            for status, job in zip(ended, many):
                if status != 0:
                    self.assertEqual(len(job.tern_errors()), 1, job.errors())
            self.assertEqual(ended.count(0), 1)
        self.assertEqual(runs.check_run(self.run_folder), [])

    def folder(self, name):
        folder = self.place / name
        folder.mkdir(exist_ok=True)
        return folder


def main():
    global TERN
    TERN = sys.argv.pop(1)
    LAUNCHERS[:] = jobs.launchers_of(jobs.take_mpis())
    unittest.main()


if __name__ == "__main__":
    main()
