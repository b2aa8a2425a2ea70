#!/usr/bin/env python3
"""What tern train leaves beside metrics.jsonl: results.csv, times.jsonl, --trace, --tensorboard.

usage: logs_test.py TERN [unittest's arguments]
"""

import csv
import json
import signal
import time

import tern_process
import traces
from tern_process import TernTest, clean_environment, run, start


class TimesTest(TernTest):
    def setUp(self):
        super().setUp()
        self.run_folder = self.place / "run"
        self.flags = [*self.train_flags, "--model", "lenet5", "--run", self.run_folder]

    def lines(self, name):
        return [json.loads(line) for line in (self.run_folder / name).read_text().splitlines()]

    def test_times_of_parts_are_those_of_the_whole(self):
        before = time.monotonic()
        self.assert_done(run(*self.flags, "--epochs", 3))
        passed = time.monotonic() - before
        self.assertEqual(traces.wrong_times(self.run_folder / "times.jsonl", 3, 1), [])
        whole = 0
        for times, metrics in zip(self.lines("times.jsonl"), self.lines("metrics.jsonl")):
            seconds = times["ranks"][0]["seconds"]
            for part in "load", "forward", "backward", "optimizer", "evaluation":
                self.assertGreater(seconds[part], 0)
            self.assertGreaterEqual(sum(seconds.values()), metrics["seconds"] - 1e-6)
            whole += sum(seconds.values())
        self.assertLess(whole, passed)

    def test_times_are_cut_back_where_a_run_resumes(self):
        self.assert_done(run(*self.flags, "--epochs", 1))
        times = self.run_folder / "times.jsonl"
        first = times.read_bytes()
        times.write_bytes(first + b'{"epoch":2,"ranks":[]}\n{"epo')  # of a process that was killed
        self.assert_done(run("train", "--resume", "--run", self.run_folder, "--epochs", 3))
        self.assertTrue(times.read_bytes().startswith(first))
        self.assertEqual(traces.wrong_times(times, 3, 1), [])

    def test_a_run_without_times_resumes(self):
        self.assert_done(run(*self.flags, "--epochs", 1))
        (self.run_folder / "times.jsonl").unlink()
        done = run("train", "--resume", "--run", self.run_folder, "--epochs", 2)
        self.assertEqual(done.returncode, 0)
        self.assertEqual([line["epoch"] for line in self.lines("times.jsonl")], [2])
        self.assertIn("times.jsonl] has 0 of the ", done.stderr.decode())


class ResultsTest(TernTest):
    def setUp(self):
        super().setUp()
        self.run_folder = self.place / "run"
        self.flags = [*self.train_flags, "--model", "lenet5", "--run", self.run_folder]

    def assert_in_step(self, run_folder):
        """The fields of results.csv are those of metrics.jsonl, to the digit."""
        lines = [json.loads(line, parse_float=str, parse_int=str)
                 for line in (run_folder / "metrics.jsonl").read_text().splitlines()]
        with open(run_folder / "results.csv", newline="") as file:
            text = file.read()
        self.assertEqual(text.count("\n"), text.count("\r\n"))
        rows = list(csv.DictReader(text.splitlines()))
        keys = list(dict.fromkeys(key for line in lines for key in line))
        self.assertEqual(list(rows[0]), keys)
        self.assertEqual(rows, [{key: line.get(key) or "" for key in keys} for line in lines])
        return rows

    def test_has_the_lines_of_metrics(self):
        self.assert_done(run(*self.flags, "--epochs", 2))
        self.assertEqual([row["epoch"] for row in self.assert_in_step(self.run_folder)], ["1", "2"])
        other = self.place / "validated"
        validated = ["--epochs", 1, "--validation", 0.5, "--stratify"]
        self.assert_done(run(*self.train_flags, "--model", "lenet5", *validated, "--run", other))
        rows = self.assert_in_step(other)
        self.assertEqual((rows[0]["best_epoch"], rows[1]["best_epoch"], rows[1]["epoch"]), ("", "1", ""))

    def test_is_that_of_a_run_that_never_stopped(self):
        whole = self.place / "whole"
        self.assert_done(run(*self.train_flags, "--model", "lenet5", "--epochs", 3, "--run", whole))
        self.assert_done(run(*self.flags, "--epochs", 2))
        with open(self.run_folder / "metrics.jsonl", "a") as file:
            file.write('{"epoch":3}\n')  # of a process that was killed
        (self.run_folder / "results.csv").write_text("no longer true")
        self.assert_done(run("train", "--resume", "--run", self.run_folder, "--epochs", 3))
        resumed, expected = self.assert_in_step(self.run_folder), self.assert_in_step(whole)
        for row in resumed + expected:
            del row["seconds"], row["images_per_second"]
        self.assertEqual(resumed, expected)

    def test_a_full_disk_is_told_once_and_the_run_goes_on(self):
        # A folder in its place: the file cannot be written.
        (self.run_folder / "results.csv").mkdir(parents=True)
        done = run(*self.flags, "--epochs", 3)
        told = done.stderr.decode().count("; the run continues, metrics.jsonl has its lines\n")
        self.assertEqual((told, done.returncode), (1, 1))  # it is still not there in the end
        self.assertEqual(len((self.run_folder / "metrics.jsonl").read_text().splitlines()), 3)
        self.assertTrue((self.run_folder / "last.safetensors").exists())


class TensorboardFilesTest(TernTest):
    """What TensorBoard reads in them: interop/tensorboard_test.py."""

    def test_are_made_where_they_are_wanted_and_change_nothing(self):
        weights = []
        for name, more in {"with": ["--tensorboard"], "without": []}.items():
            flags = [*self.train_flags, "--model", "lenet5", "--epochs", 2, *more]
            self.assert_done(run(*flags, "--run", self.place / name))
            weights.append((self.place / name / "last.safetensors").read_bytes())
        self.assertEqual(*weights)
        self.assertIn("tensorboard = true\n", (self.place / "with" / "config.toml").read_text())
        file, = (self.place / "with" / "tensorboard").iterdir()
        self.assertRegex(file.name, r"^events\.out\.tfevents\.\d{10}\.tern$")
        self.assertTrue(file.read_bytes()[12:].startswith(b"\t"))
        self.assertFalse((self.place / "without" / "tensorboard").exists())
        self.assert_done(run("train", "--resume", "--run", self.place / "with", "--epochs", 3))
        self.assertEqual(len(list((self.place / "with" / "tensorboard").iterdir())), 2)


class TraceTest(TernTest):
    def setUp(self):
        super().setUp()
        self.run_folder, self.trace = self.place / "run", self.place / "trace.json"
        self.flags = [*self.train_flags, "--model", "lenet5", "--run", self.run_folder, "--trace", self.trace]

    def check_trace(self, path):
        trace, events = traces.read_trace(path)
        self.assertEqual(traces.wrong_nesting(events), [])
        names = {(event["name"], event["args"]["name"]) for event in trace["traceEvents"] if event["ph"] == "M"}
        self.assertIn(("thread_name", "training"), names)
        return trace, events

    def test_has_parts_for_the_whole_run_and_operations_of_its_start(self):
        self.assert_done(run(*self.flags, "--epochs", 15))
        trace, events = self.check_trace(self.trace)
        self.assertEqual(trace["otherData"], {"ranges_dropped": 0})
        for name, count in {"training step": 30, "load": 30, "forward": 30, "backward": 30, "optimizer": 30,
                            "evaluation": 15, "save": 15}.items():
            self.assertEqual(sum(event["name"] == name for event in events), count, name)
        of_conv1 = [event for event in events
                    if event["name"] == "conv2d.forward" and event["args"]["layer"] == "conv1"]
        # Evaluations between the traced 20 steps run it, too.
        steps = [event for event in events if event["name"] == "forward"]
        inside = [event for event in of_conv1
                  if any(step["ts"] <= event["ts"] <= step["ts"] + step["dur"] for step in steps)]
        self.assertEqual(len(inside), 20)
        self.assertTrue(all(event["args"]["implementation"] for event in of_conv1))
        times = [json.loads(line) for line in (self.run_folder / "times.jsonl").read_text().splitlines()]
        for part in "forward", "backward", "optimizer", "evaluation":
            in_lines = sum(line["ranks"][0]["seconds"][part] for line in times)
            self.assertAlmostEqual(in_lines, traces.own_seconds(events, part), delta=1e-3)

    def test_changes_nothing_of_a_run(self):
        self.assert_done(run(*self.flags, "--epochs", 2))
        traced = (self.run_folder / "last.safetensors").read_bytes()
        other = self.place / "other"
        self.assert_done(run(*self.train_flags, "--model", "lenet5", "--epochs", 2, "--run", other))
        self.assertEqual((other / "last.safetensors").read_bytes(), traced)
        self.assertNotIn("trace", (self.run_folder / "config.toml").read_text())

    def test_may_be_in_the_folder_of_the_run(self):
        trace = self.run_folder / "trace.json"
        self.assert_done(run(*self.flags[:-1], trace, "--epochs", 1))
        self.check_trace(trace)

    def test_is_there_after_a_signal(self):
        with start(*self.flags, "--epochs", 1_000_000) as process:
            until = time.monotonic() + 60
            while not (self.run_folder / "last.safetensors").exists():
                self.assertLess(time.monotonic(), until)
                time.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(60), 128 + signal.SIGTERM)
            process.communicate()
        self.check_trace(self.trace)

    def test_is_there_after_an_error(self):
        done = run(*self.flags, "--epochs", 50, "--optimizer", "sgd", "--lr", 1e30)
        self.assertEqual(done.returncode, 1)
        self.assertIn("a lower learning rate may help", done.stderr.decode())
        events = self.check_trace(self.trace)[1]
        self.assertIn("backward", {event["name"] for event in events})

    def test_that_is_full_says_so_and_the_run_goes_on(self):
        done = run(*self.flags, "--epochs", 3, env=clean_environment(TERN_TRACE_RANGES="30"))
        self.assertEqual(done.returncode, 0)
        told = [line for line in done.stderr.decode().splitlines() if "the trace has room for 30 ranges" in line]
        self.assertEqual(len(told), 1)
        trace, events = self.check_trace(self.trace)
        self.assertEqual(len(events), 30)
        self.assertGreater(trace["otherData"]["ranges_dropped"], 0)
        self.assertIn("the end of the run is missing", trace["otherData"]["note"])

    def test_that_cannot_be_written_is_refused_before_anything(self):
        folder = self.place / "none" / "trace.json"
        for output, status, line in [
            ("", 2, "[--trace] must name the file to write, got an empty name"),
            (self.place, 1, f"[{self.place}] is a folder, expected a file"),
            (folder, 1, f"[{folder}] cannot be created: No such file or directory"),
        ]:
            self.assert_fails(run(*self.flags[:-1], output, "--epochs", 1), status, line)
        wrong = run(*self.flags, "--epochs", 1, env=clean_environment(TERN_TRACE_RANGES="0"))
        self.assert_fails(wrong, 1, '[TERN_TRACE_RANGES] must be a whole number from 1 to 16777216, got "0"')
        both = run(*self.flags[:-1], "/dev/stdout", "--json", "--epochs", 1)
        self.assert_fails(both, 2, "[--trace] cannot be standard output with --json, got /dev/stdout")
        self.assertFalse(self.run_folder.exists())


if __name__ == "__main__":
    tern_process.main()
