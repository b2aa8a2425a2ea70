#!/usr/bin/env python3
"""tern with streams that are closed or left, signals, terminals and odd environments.

usage: surroundings_test.py TERN [unittest's arguments]
"""

import json
import os
import pty
import resource
import signal
import subprocess
import time

import tern_process
from tern_process import TernTest, clean_environment, run, start

GONE = "tern: [standard output] cannot be written; the run continues, its log lines are in metrics.jsonl\n"


def close_streams(*numbers):
    return lambda: [os.close(number) for number in numbers]


class RunTest(TernTest):
    def setUp(self):
        super().setUp()
        self.run_folder = self.place / "run"
        self.flags = [*self.train_flags, "--run", self.run_folder, "--epochs"]

    def assert_whole_run(self, epochs):
        lines = [json.loads(line) for line in (self.run_folder / "metrics.jsonl").read_text().splitlines()]
        self.assertEqual([line["epoch"] for line in lines], list(range(1, epochs + 1)))
        self.assertEqual(os.readlink(self.run_folder / "last.safetensors"),
                         f"checkpoints/step-{2 * epochs}/weights.safetensors")

    def wait_for_checkpoint(self, process):
        while not (self.run_folder / "last.safetensors").exists():
            self.assertIsNone(process.poll())
            time.sleep(0.01)

    def assert_stopped(self, number, err):
        self.assertEqual(err, f"tern: stopped; to continue: tern train --resume --run {self.run_folder}\n")
        done = json.loads((self.run_folder / "metrics.jsonl").read_text().splitlines()[-1])["epoch"]
        self.assertLess(done, 1000)
        resumed = run("train", "--resume", "--run", self.run_folder, "--epochs", done + 1)
        self.assert_done(resumed)
        self.assert_whole_run(done + 1)


class ClosedStreams(RunTest):
    def test_a_run_keeps_its_files_clean(self):
        for i, closed in enumerate([(0, 1, 2), (1,), (2,)]):
            self.run_folder = self.place / f"run-{i}"
            done = run(*self.train_flags, "--run", self.run_folder, "--epochs", 2, "--log-steps",
                       preexec_fn=close_streams(*closed))
            self.assertEqual(done.stderr.decode(), GONE if 1 in closed and 2 not in closed else "")
            self.assertEqual(done.returncode, 0)
            self.assert_whole_run(2)
            steps = (self.run_folder / "steps.jsonl").read_text().splitlines()
            self.assertEqual([json.loads(line)["step"] for line in steps], [1, 2, 3, 4])

    def test_a_file_gets_no_other_text(self):
        logits = self.place / "logits"
        done = run("evaluate", "--checkpoint", self.weights, "--data", self.set, "--logits", logits,
                   preexec_fn=close_streams(0, 1, 2))
        self.assertEqual(done.returncode, 1)
        self.assertNotIn(b"accuracy", logits.read_bytes())

    def test_a_result_that_cannot_be_printed_is_told(self):
        for arguments in ["info"], [*self.flags, 1, "--json"], [*self.train_flags, "--steps", 1, "--dry-run"]:
            done = run(*arguments, preexec_fn=close_streams(1))
            self.assertTrue(done.stderr.decode().endswith("tern: [standard output] cannot be written\n"))
            self.assertEqual(done.returncode, 1)


class LeftStreams(RunTest):
    def test_a_run_goes_on_when_its_reader_leaves(self):
        process = start(*self.flags, 4)
        for _ in range(3):
            process.stdout.readline()
        process.stdout.close()
        with process.stderr:
            self.assertEqual(process.stderr.read().decode(), GONE)
        self.assertEqual(process.wait(60), 0)
        self.assert_whole_run(4)

    def test_a_run_goes_on_when_the_disk_of_its_output_is_full(self):
        with open("/dev/full", "wb") as full:
            self.assert_done(run(*self.flags, 2, stdout=full), GONE)
        self.assert_whole_run(2)

    def test_a_reader_of_messages_that_leaves(self):
        process = start(*self.flags, 2)
        process.stdout.close()
        process.stderr.close()
        self.assertEqual(process.wait(60), 0)
        self.assert_whole_run(2)

    def test_a_result_that_nobody_reads_is_an_error(self):
        # Python starts programs with SIGPIPE as it was before Python itself ignored it.
        for ignored in False, True:
            reading, writing = os.pipe()
            os.close(reading)
            self.run_folder = self.place / f"run-{ignored}"
            done = run(*self.train_flags, "--run", self.run_folder, "--epochs", 1, "--json", stdout=writing,
                       restore_signals=not ignored)
            os.close(writing)
            self.assertEqual(done.returncode, 1 if ignored else -signal.SIGPIPE)
            self.assertTrue((self.run_folder / "last.safetensors").exists())


class Signals(RunTest):
    def test_a_closed_terminal_saves(self):
        process = start(*self.flags, 1000)
        self.wait_for_checkpoint(process)
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGHUP)  # the kernel's and the shell's
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 128 + signal.SIGHUP)
        self.assert_stopped(signal.SIGHUP, err.decode())

    def test_a_terminal_that_is_gone(self):
        master, side = pty.openpty()
        process = start(*self.flags, 1000, stdin=side, stdout=side, stderr=side, start_new_session=True,
                        preexec_fn=lambda: os.close(os.open(os.ttyname(side), os.O_RDWR)))
        os.close(side)
        self.wait_for_checkpoint(process)
        os.close(master)
        self.assertEqual(process.wait(60), 128 + signal.SIGHUP)
        self.assert_stopped(signal.SIGHUP, f"tern: stopped; to continue: tern train --resume --run {self.run_folder}\n")

    def test_nohup_is_obeyed(self):
        process = start(*self.flags, 4, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        self.wait_for_checkpoint(process)
        process.send_signal(signal.SIGHUP)
        _, err = process.communicate(timeout=60)
        self.assertEqual((err, process.returncode), (b"", 0))
        self.assert_whole_run(4)


class Environment(RunTest):
    def on_terminal(self, **changes):
        master, side = pty.openpty()
        environment = clean_environment(**changes)
        if changes.get("TERM") is None:
            environment.pop("TERM", None)
        process = start("evaluate", "--checkpoint", self.weights, "--data", self.set, stdout=side, stderr=side,
                        env=environment)
        os.close(side)
        text = b""
        try:
            while piece := os.read(master, 4096):
                text += piece
        except OSError:  # the other side is closed
            pass
        os.close(master)
        self.assertEqual(process.wait(60), 0)
        return text

    def test_colours_are_for_terminals_that_have_them(self):
        self.assertIn(b"\x1b[", self.on_terminal(TERM="xterm"))
        self.assertIn(b"\x1b[", self.on_terminal(TERM="xterm", NO_COLOR=""))
        for changes in {"TERM": "dumb"}, {"TERM": ""}, {"TERM": None}, {"TERM": "xterm", "NO_COLOR": "1"}:
            changes = {key: value for key, value in changes.items() if value is not None}
            self.assertNotIn(b"\x1b", self.on_terminal(**changes))

    def test_empty_variables_are_as_none(self):
        names = ["TERN_THREADS", "TERN_L2_CACHE", "TERN_KERNELS", "TERN_VERBOSE", "TERN_LAST_BLOCK", "TERN_SYNC", "TERN_LIBRARY_PATH",
                 "HOME", "TMPDIR", "COLUMNS", "LANG", "TZ"]
        empty = clean_environment(**{name: "" for name in names})
        self.assert_done(run(*self.flags, 1, env=empty))
        self.assert_whole_run(1)
        self.assert_fails(run("data", "info", env=clean_environment(TERN_DATA="")), 2,
                          "[DIR] must name a folder with a data set, or be: synthetic (TERN_DATA says the same)")

    def test_numbers_are_the_same_in_every_language(self):
        german = clean_environment(LC_ALL="de_DE.UTF-8", LC_NUMERIC="de_DE.UTF-8", LANGUAGE="de", TZ="Nowhere/Here")
        done = run(*self.flags, 1, "--lr", "1.5e-3", env=german)
        self.assert_done(done)
        self.assertRegex(done.stdout.decode(), r"\n    1 +\d\.\d{4} +0\.\d{4} ")
        self.assertIn("lr = 0.0015\n", (self.run_folder / "config.toml").read_text())

    def test_limits(self):
        private = self.place / "private"
        mask = lambda: os.umask(0o077)
        self.assert_done(run(*self.train_flags, "--steps", 1, "--run", private, preexec_fn=mask))
        self.assertTrue(all(path.stat().st_mode & 0o077 == 0 for path in private.rglob("*")))
        files = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))
        self.assert_done(run(*self.train_flags, "--steps", 1, "--run", self.place / "few", preexec_fn=files))
        stack = lambda: resource.setrlimit(resource.RLIMIT_STACK, (1 << 18, 1 << 18))
        self.assert_done(run(*self.train_flags, "--steps", 1, "--run", self.place / "flat", preexec_fn=stack))

    def test_a_current_folder_that_was_deleted(self):
        gone = self.place / "gone"
        gone.mkdir()
        leave = lambda: (os.chdir(gone), os.rmdir(gone))
        done = run(*self.flags, 1, preexec_fn=leave)
        self.assert_done(done)
        gone.mkdir()
        done = run(*self.train_flags, "--steps", 1, preexec_fn=leave)
        self.assert_fails(done, 1, "[runs] cannot be made: No such file or directory")


if __name__ == "__main__":
    tern_process.main()
