#!/usr/bin/env python3
"""Ranks that are processes, under the launcher of each MPI that tern was built with.
usage: mpi_test.py TERN-TEST-RANKS [openmpi] [mpich] [unittest's arguments]"""

import concurrent.futures
import itertools
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import jobs

PROGRAM = ""
MPIS = []  # both set at the end
TIMEOUT = 4
SLACK = 5  # seconds from the time-out to the end of the job
HOST = re.escape(socket.gethostname()[:63])
LINES = re.compile(r"(?:tern: )?rank .*")  # from anywhere: Open MPI may have left a line of its own open


class Job:
    """`ranks` processes of PROGRAM from start to end: lines, status, seconds, and who is left."""

    def __init__(self, mpi, ranks, *arguments, program=None, **variables):
        options = {"ranks": ranks, "launcher": jobs.LAUNCHERS[mpi]} | variables
        with tempfile.TemporaryDirectory(prefix="tern-test-") as place:
            with jobs.Job(program or PROGRAM, arguments, place, **options) as job:
                self.status = job.wait(120)
                self.seconds = time.monotonic() - job.started
                self.left = [] if job.wait_gone(2) else list(job.trainers())  # the launcher has told them, not waited
                self.output = job.output() + job.errors()
        self.lines = LINES.findall(self.output)


class MpiTest(unittest.TestCase):
    def assert_fail(self, *cases, waits=False):
        """Jobs (ranks, scenario, rank, line) that end in time and not well, with that line from some rank."""
        for mpi in MPIS:
            # Most of them sleep then, but all start at once: seven took 3 s for it on 2 cores.
            with concurrent.futures.ThreadPoolExecutor(4 if waits else 1) as pool:
                done = list(pool.map(lambda job: Job(mpi, job[0], job[1], TIMEOUT, job[2]), cases))
            for (_, scenario, rank, line), job in zip(cases, done):
                with self.subTest(mpi, scenario=scenario, rank=rank):
                    self.assertNotEqual(job.status, 0, job.output)
                    self.assertLess(job.seconds, (TIMEOUT if waits else 0) + SLACK, job.output)
                    self.assertEqual(job.left, [], "processes are left")
                    found = not line or any(re.fullmatch(line, own) for own in job.lines)
                    self.assertTrue(found, f"no '{line}' in\n{job.output}")

    def test_ranks_receive_what_the_others_sent_and_sleep_between(self):
        for mpi, ranks in itertools.product(MPIS, (1, 2, 3, 4)):
            with self.subTest(mpi, ranks=ranks):
                job = Job(mpi, ranks, "exchange", 60)
                self.assertEqual(job.status, 0, job.output)
                self.assertEqual(sorted(job.lines), [f"rank {rank} of {ranks} is done" for rank in range(ranks)])
                self.assertEqual(job.left, [])

    def test_a_rank_that_does_not_come_is_named_with_its_host(self):
        waited = rf"rank \d: \[gradients of step 7\] waited {TIMEOUT} s"
        self.assert_fail((3, "sleep", 1, rf"{waited} for rank 1 on {HOST}"),
                         (4, "stop", 3, rf"{waited} for rank 3 on {HOST}"),
                         (3, "begin-and-stop", 1, rf"{waited} for rank 1 on {HOST}, which began it"),
                         (3, "ahead", 1, rf"rank 0: \[gradients of step 7\] waited {TIMEOUT} s for rank 1 on {HOST}"),
                         (3, "sleep", 0, rf"{waited} for rank 0 on {HOST}"),  # whose thread answers
                         (2, "stop", 0, rf"{waited} for rank 0 on {HOST}"),
                         (3, "stop", 0, rf"{waited}, and rank 0 on {HOST}, which knows for whom, does not answer"), waits=True)

    def test_a_rank_that_stops_while_all_leave_ends_the_job(self):
        line = rf"tern: rank \d on {HOST}: \[MPI\] waited {TIMEOUT} s for all ranks to end"
        self.assert_fail((2, "stop-leaving", 0, line), (3, "stop-leaving", 2, line), waits=True)

    def test_a_rank_that_fails_ends_the_job_at_once(self):
        for rank in 0, 1:
            self.assert_fail((2, "die", rank, ""), (3, "abort", rank, ""),
                             (3, "fail", rank, r"rank \d: \[gradients of step 7\] " rf"rank {rank} on {HOST}: the disk is full"),
                             (2, "throw", rank, rf"rank {rank}: \[data\] image 7 cannot be read"))

    def test_ranks_that_call_different_operations_are_told_which(self):
        start = r"rank \d: \[gradients of step 7\] ranks differ: .*"
        self.assert_fail((3, "other-shape", 1, start + r"all_gather of float32 \(999\) on rank 1.*"),
                         (3, "other-operation", 1, start + r"broadcast of float32 \(1000\) from rank 0 on rank 1.*"),
                         (3, "leave", 1, start + "barrier at the end on rank 1.*"))

    def test_without_the_module_the_others_cannot_be_joined(self):
        modules = pathlib.Path(PROGRAM).parents[1] / "lib" / "tern"
        for mpi in MPIS:
            with self.subTest(mpi), tempfile.TemporaryDirectory(prefix="tern-test-") as folder:
                binaries = pathlib.Path(folder) / "bin"  # so that the folder beside it is this test's own, too
                binaries.mkdir()
                program = shutil.copy(PROGRAM, binaries)
                job = Job(mpi, 2, "exchange", TIMEOUT, program=program)
                self.assertNotEqual(job.status, 0)
                self.assertRegex(job.output, r"\[ranks\] started by (Open MPI|PMI) as rank [01] of 2, but its MPI cannot "
                                 rf"be opened: the library was not found; tried \S+/lib/tern/libtern_mpi_{mpi}.so, ")
                found = Job(mpi, 2, "exchange", 60, program=program, TERN_LIBRARY_PATH=str(modules))
                self.assertEqual(found.status, 0, found.output)


class LauncherTest(unittest.TestCase):
    """Without MPI, too."""

    def run_alone(self, **variables):
        return subprocess.run([PROGRAM, "exchange", str(TIMEOUT)], env=jobs.own_environment(**variables), check=False, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def test_a_process_started_plainly_is_alone(self):
        done = self.run_alone()
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "rank 0 of 1 is done\n", ""))

    def test_a_launcher_that_joins_nobody_is_refused(self):
        done = self.run_alone(SLURM_PROCID="1", SLURM_NTASKS="4")
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"^rank -1: \[ranks\] started by Slurm as rank 1 of 4, .*srun --mpi=pmix.*\n$")
        done = self.run_alone(RANK="1", WORLD_SIZE="2")
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"^rank -1: \[ranks\] started by torchrun as rank 1 of 2, .*\n$")


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    MPIS += jobs.take_mpis()
    if not MPIS:
        result = unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(LauncherTest))
        print("skipped: tern was built without MPI")
        sys.exit(77 if result.wasSuccessful() else 1)
    unittest.main()
