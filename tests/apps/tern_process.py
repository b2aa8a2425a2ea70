"""tern as a process, for tests in Python."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

TERN = ""  # set by main()


def clean_environment(**changes):
    """That of this process without what tern reads, and changed."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("TERN_")}
    return environment | {"TERN_THREADS": "1"} | changes


def run(*arguments, **options):
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": clean_environment()} | options
    return subprocess.run([TERN, *map(str, arguments)], timeout=300, check=False, **options)


def start(*arguments, **options):
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": clean_environment()} | options
    return subprocess.Popen([TERN, *map(str, arguments)], **options)


class ScratchTest(unittest.TestCase):
    """Each test has a folder of its own, `place`, and all of a class have one together, `shared`."""

    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="tern-test-")
        cls.addClassCleanup(scratch.cleanup)
        cls.shared = pathlib.Path(scratch.name)

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="tern-test-")
        self.addCleanup(scratch.cleanup)
        self.place = pathlib.Path(scratch.name)


class TernTest(ScratchTest):
    """All of a class share a set of 40 and 6 samples and weights."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set = cls.shared / "set"
        run("data", "synthesize", cls.set, "--train-samples", 40, "--test-samples", 6).check_returncode()
        cls.train_flags = ["train", "--data", cls.set, "--batch-size", 20]
        run(*cls.train_flags, "--steps", 1, "--run", cls.shared / "run").check_returncode()
        cls.weights = cls.shared / "run" / "last.safetensors"

    def assert_fails(self, done, status, line):
        self.assertEqual((done.stderr.decode(), done.returncode), (f"tern: {line}\n", status))

    def assert_done(self, done, stderr=""):
        self.assertEqual((done.stderr.decode(), done.returncode), (stderr, 0))


def main():
    global TERN
    TERN = sys.argv.pop(1)
    unittest.main()
