#!/usr/bin/env python3
"""For given replicas the number of ranks changes no bit, nor does the MPI, the exchange, or a stop on the way.

usage: ranks_test.py TERN [openmpi] [mpich] [unittest's arguments]
"""

import itertools
import json
import os
import pathlib
import signal
import sys
import time
import unittest

import hosts
import jobs
import runs

sys.path += [str(pathlib.Path(__file__).resolve().parents[2] / folder) for folder in ("scripts", "tests/apps")]
import scaling_model  # noqa: E402
import traces  # noqa: E402

TERN = ""
LAUNCHERS = []  # both set by main()
ENDLESS = 1_000_000  # epochs


class RanksTest(jobs.ScratchTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set = runs.make_set(cls.shared / "set", train=53, test=9)  # the last batch of 20 has pieces of 4 and 3
        cls.flags = ["train", "--data", cls.set, "--replicas", 4, "--batch-size", 20, "--augment", "crop-flip",
                     "--log-steps", "--epochs", 3, "--timeout", 20]
        cls.alone = cls.shared / "alone"
        status, err = jobs.run(TERN, [*cls.flags, "--run", cls.alone], cls.shared)
        if (status, err) != (0, ""):
            raise AssertionError(f"alone: status {status}: {err}")
        cls.expected = runs.result(cls.alone)

    def setUp(self):
        super().setUp()
        self.run_folder = self.place / "run"

    def assert_runs(self, arguments, options):
        status, err = jobs.run(TERN, [*arguments, "--run", self.run_folder], self.place, limit=40, **options)
        self.assertEqual((status, err), (0, ""))

    def train(self, *more, **options):
        self.assert_runs([*self.flags, *more], options)

    def resume(self, *more, **options):
        self.assert_runs(["train", "--resume", *more], options)

    def wait_for_checkpoint(self, job):
        until = time.monotonic() + 30
        while not (self.run_folder / "last.safetensors").exists():
            self.assertIsNone(job.wait(0.01), job.errors())
            self.assertLess(time.monotonic(), until)

    def assert_equal_bits(self):
        self.assertEqual(runs.differences(runs.result(self.run_folder), self.expected), [])
        self.assertEqual(runs.check_run(self.run_folder) + runs.leftovers(self.run_folder), [])


class EqualBits(RanksTest):
    def test_of_two_and_four_ranks(self):
        for launcher, ranks in itertools.product(LAUNCHERS, (2, 4)):
            with self.subTest(launcher.name, ranks=ranks):
                self.run_folder = self.place / f"{launcher.program}-{ranks}"
                self.train(ranks=ranks, launcher=launcher)
                self.assert_equal_bits()

    def test_however_gradients_are_sent(self):
        ways = [["--exchange", "whole"], ["--exchange", "overlap", "--bucket-size", 4096]]
        for way, launcher in zip(ways, LAUNCHERS * 2):
            with self.subTest(way):
                self.run_folder = self.place / way[-2].strip("-")
                self.train(*way, ranks=4, launcher=launcher)
                self.assert_equal_bits()

    def test_say_what_exchanges_cost_each_rank(self):
        forms = [scaling_model.Form(), scaling_model.Form(local_steps=3), scaling_model.Form("bfloat16"),
                 scaling_model.Form("int8", local_steps=3), scaling_model.Form("top-k", share=0.02)]
        for launcher, form in zip(itertools.cycle(LAUNCHERS), forms):
            run = self.place / f"{form.type}-{form.local_steps}"
            more = ["--exchange-type", form.type, *(["--local-steps", form.local_steps] if form.local_steps else []),
                    *(["--exchange-share", form.share] if form.type == "top-k" else [])]
            flags = [*jobs.with_flag(self.flags, "--replicas", 2), *more, "--json", "--run", run]
            with self.subTest(form), jobs.Job(TERN, flags, self.place, ranks=2, launcher=launcher) as job:
                self.assertEqual((job.wait(60), job.errors().count("tern: ")), (0, 0), job.errors())
                costs = json.loads(job.output())["exchange"]
                of_first = [cost for cost in costs if cost["rank"] == 0]
                self.assertEqual([(cost["rank"], cost["what"]) for cost in costs],
                                 [(rank, cost["what"]) for rank in (0, 1) for cost in of_first])
                for cost in costs:
                    self.assertGreaterEqual(cost["seconds"], cost["waited_seconds"])
                sent, = (cost["bytes"] for cost in of_first if cost["what"] == "the sum of gradients")
                numbers, _ = scaling_model.sizes_of(run / "last.safetensors")
                steps = 9 // max(form.local_steps, 1) * max(form.local_steps, 1)
                # Parts, buckets and blocks are rounded up.
                self.assertAlmostEqual(sent / steps / form.sent_bytes(numbers, 2), 1, delta=0.02)

    def test_validate_and_learn_from_a_teacher_alike(self):
        more = ["--validation", 0.3, "--early-stop", 1, "--teacher", self.alone / "last.safetensors"]
        alone = self.place / "alone"
        self.assertEqual(jobs.run(TERN, [*self.flags, *more, "--run", alone], self.place), (0, ""))
        self.expected = runs.result(alone)
        self.assertIn("best_epoch", self.expected["metrics.jsonl"][-1])
        self.train(*more, ranks=2, launcher=LAUNCHERS[0])
        self.assert_equal_bits()
        self.resume(ranks=2, launcher=LAUNCHERS[0])
        self.assert_equal_bits()

    def test_of_other_replicas_are_others(self):  # or the comparison would hold whatever is computed
        self.flags = jobs.with_flag(self.flags, "--replicas", 2)
        self.train()
        self.assertIn("weights", runs.differences(runs.result(self.run_folder), self.expected))


class Logs(RanksTest):
    def test_have_all_ranks_in_one_file(self):
        for launcher in LAUNCHERS:
            with self.subTest(launcher.name):
                self.run_folder, trace = self.place / launcher.program, self.place / f"{launcher.program}.json"
                self.train("--trace", trace, "--tensorboard", ranks=2, launcher=launcher)
                self.assert_equal_bits()
                self.assertEqual(traces.wrong_times(self.run_folder / "times.jsonl", 3, 2), [])
                for line in runs.lines_of(self.run_folder / "times.jsonl"):
                    for rank in line["ranks"]:
                        self.assertIn("the sum of gradients", rank["waits"])
                        self.assertLessEqual(rank["waits"]["the sum of gradients"], rank["seconds"]["exchange"])
                whole, events = traces.read_trace(trace)
                self.assertEqual((whole["otherData"], traces.wrong_nesting(events)), ({"ranges_dropped": 0}, []))
                for rank in 0, 1:
                    names = [event["name"] for event in events if event["pid"] == rank]
                    self.assertEqual(names.count("training step"), 9)
                    self.assertIn("conv2d.forward", names)
                    self.assertIn("exchange", names)
                self.assertEqual(len(list((self.run_folder / "tensorboard").iterdir())), 1)

    def test_are_whole_after_a_signal_to_one_rank(self):
        trace = self.place / "trace.json"
        flags = [*jobs.with_flag(self.flags, "--epochs", ENDLESS), "--run", self.run_folder, "--trace", trace]
        with jobs.Job(TERN, flags, self.place, ranks=2, launcher=LAUNCHERS[0]) as job:
            self.wait_for_checkpoint(job)
            os.kill(job.trainers()[0], signal.SIGUSR1)
            self.assertEqual(job.wait(15), 128 + signal.SIGUSR1)
        whole, events = traces.read_trace(trace)
        self.assertEqual(whole["otherData"], {"ranges_dropped": 0})
        self.assertEqual({event["pid"] for event in events}, {0, 1})


    def test_have_the_first_rank_where_all_fail(self):
        trace = self.place / "trace.json"
        flags = [*self.flags, "--optimizer", "sgd", "--lr", 1e30, "--run", self.run_folder, "--trace", trace]
        with jobs.Job(TERN, flags, self.place, ranks=2, launcher=LAUNCHERS[0]) as job:
            self.assertNotEqual(job.wait(15), 0)
        whole, events = traces.read_trace(trace)
        self.assertEqual(whole["otherData"]["note"], "the run has failed: of other ranks nothing is here")
        self.assertEqual({event["pid"] for event in events}, {0})


class TwoHosts(RanksTest):
    def setUp(self):
        super().setUp()
        why_not = hosts.why_not() if jobs.OPEN_MPI in LAUNCHERS else "tern was built without Open MPI"
        if why_not:
            self.skipTest(why_not)

    def test_have_the_bits_of_one(self):
        with hosts.Hosts(2, self.place) as two:
            self.train(ranks=4, launcher=jobs.OPEN_MPI, hosts=two)
        self.assert_equal_bits()

    def test_have_them_on_slow_links(self):
        rate, delay = 2e8, 1e-3
        with hosts.Hosts(2, self.place, (rate, delay)) as two:
            seconds, bytes_per_second = two.measured_link(size=1 << 20)
            self.assertGreater(seconds, delay)
            self.assertLess(bytes_per_second, rate / 8 * 1.1)  # the first packet is on its way in the delay
            self.train(ranks=2, launcher=jobs.OPEN_MPI, hosts=two)
        self.assert_equal_bits()

    def test_outlive_a_link_that_comes_back(self):
        self.flags = jobs.with_flag(self.flags, "--epochs", 20)
        self.train()
        alone, self.run_folder = self.run_folder, self.place / "on-hosts"
        flags = [*self.flags, "--run", self.run_folder]
        with hosts.Hosts(2, self.place) as two:
            with jobs.Job(TERN, flags, self.place, ranks=2, launcher=jobs.OPEN_MPI, hosts=two, notices=False) as job:
                self.wait_for_checkpoint(job)
                two.cut("host1")
                self.assertIsNone(job.wait(1), job.errors())
                two.mend("host1")
                self.assertEqual((job.wait(30), job.errors()), (0, ""))
        self.assertEqual(runs.differences(runs.result(self.run_folder), runs.result(alone)), [])


class Stopped(RanksTest):
    """By signals, and resumed with another number of ranks."""

    def stop(self, launcher, ranks, send):
        """Starts an endless run, calls send(job) after its first epoch and returns (status, lines of tern)."""
        flags = jobs.with_flag(self.flags, "--epochs", ENDLESS)
        with jobs.Job(TERN, [*flags, "--run", self.run_folder], self.place, ranks=ranks, launcher=launcher) as job:
            self.wait_for_checkpoint(job)
            send(job)
            status = job.wait(15)
            self.assertIsNotNone(status, job.errors())
            self.assertTrue(job.wait_gone(1))
            return status, job.tern_errors()

    def assert_stopped_and_resumes(self, told, **options):
        self.assertEqual(told, [f"tern: stopped; to continue: tern train --resume --run {self.run_folder}"])
        self.assertEqual(runs.check_run(self.run_folder) + runs.leftovers(self.run_folder), [])
        epochs = len(runs.lines_of(self.run_folder / "metrics.jsonl")) + 1
        self.resume("--epochs", epochs, **options)
        self.assertEqual(runs.check_run(self.run_folder) + runs.leftovers(self.run_folder), [])
        # An unbroken run as long.
        resumed, self.run_folder = self.run_folder, self.run_folder.with_name(self.run_folder.name + "-whole")
        self.flags = jobs.with_flag(self.flags, "--epochs", epochs)
        self.train()
        self.assertEqual(runs.differences(runs.result(resumed), runs.result(self.run_folder)), [])

    def test_by_a_signal_to_mpirun(self):
        # Whose own status says little then: 1 from Open MPI's, 143 or now and then 0 from MPICH's.
        for launcher in LAUNCHERS:
            with self.subTest(launcher.name):
                self.run_folder = self.place / launcher.program
                _, told = self.stop(launcher, 2, lambda job: job.process.send_signal(signal.SIGTERM))
                self.assert_stopped_and_resumes(told, ranks=4, launcher=launcher)

    def test_by_an_early_warning_to_one_rank(self):
        for launcher in LAUNCHERS:
            with self.subTest(launcher.name):
                self.run_folder = self.place / launcher.program
                status, told = self.stop(launcher, 4, lambda job: os.kill(job.trainers()[3], signal.SIGUSR1))
                self.assertEqual(status, 128 + signal.SIGUSR1)
                self.assert_stopped_and_resumes(told, ranks=2, launcher=launcher)

    def test_by_a_signal_to_all_ranks(self):
        def send(job):
            for pid in job.trainers().values():
                os.kill(pid, signal.SIGTERM)

        status, told = self.stop(LAUNCHERS[0], 2, send)
        self.assertEqual(status, 128 + signal.SIGTERM)
        self.assert_stopped_and_resumes(told)

    def test_by_the_number_of_steps(self):
        self.flags = jobs.without_flag(self.flags, "--epochs")
        self.train("--steps", 7, ranks=2, launcher=LAUNCHERS[0])
        self.resume("--steps", 12, ranks=4, launcher=LAUNCHERS[-1])
        resumed, self.run_folder = self.run_folder, self.place / "whole"
        self.train("--steps", 12)
        self.assertEqual([what for what in runs.differences(runs.result(resumed), runs.result(self.run_folder))
                          if what != "metrics.jsonl"], [])  # which has a line for each part


def main():
    global TERN
    TERN = sys.argv.pop(1)
    LAUNCHERS[:] = jobs.launchers_of(jobs.take_mpis())
    unittest.main()


if __name__ == "__main__":
    main()
