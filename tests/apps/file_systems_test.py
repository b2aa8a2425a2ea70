#!/usr/bin/env python3
"""tern on file systems that lack this and that, and in runs that lost some of their files.

usage: file_systems_test.py TERN LACKING [unittest's arguments], LACKING being lacking_file_system.cpp as a library
"""

import errno
import json
import os
import sys

import tern_process
from tern_process import TernTest, clean_environment, run

LACKING = ""  # the library

UNSUPPORTED = [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS]


def without(what, number):
    """An environment in which calls for `what` fail with that error number."""
    return clean_environment(LD_PRELOAD=LACKING, LACKS=what, LACKS_ERRNO=str(number))


class RunTest(TernTest):
    def setUp(self):
        super().setUp()
        self.run_folder = self.place / "run"
        self.flags = [*self.train_flags, "--run", self.run_folder, "--epochs", 2, "--log-steps"]
        self.resume = ["train", "--resume", "--run", self.run_folder, "--epochs", 3]

    def weights_of(self, step):
        return (self.run_folder / "checkpoints" / f"step-{step}" / "weights.safetensors").read_bytes()

    def lines(self, name):
        return [json.loads(line) for line in (self.run_folder / name).read_text().splitlines()]


class FileSystems(RunTest):
    def copies(self, number):
        return (f"tern: [{self.run_folder}] last.safetensors and best.safetensors are copies, because links cannot be "
                f"made here: {os.strerror(number)}\n")

    def test_without_links_there_are_copies(self):
        for number in UNSUPPORTED:
            with self.subTest(os.strerror(number)):
                self.run_folder = self.place / str(number)
                flags = [*self.train_flags, "--run", self.run_folder, "--epochs", 2]
                self.assert_done(run(*flags, env=without("symlink", number)), self.copies(number))
                for name in "last.safetensors", "best.safetensors":
                    self.assertFalse((self.run_folder / name).is_symlink())
                self.assertEqual((self.run_folder / "last.safetensors").read_bytes(), self.weights_of(4))
                self.assert_done(run("evaluate", "--checkpoint", self.run_folder / "best.safetensors", "--data", self.set))
                resumed = run("train", "--resume", "--run", self.run_folder, "--epochs", 3,
                              env=without("symlink", number))
                self.assert_done(resumed, self.copies(number))
                self.assertEqual((self.run_folder / "last.safetensors").read_bytes(), self.weights_of(6))

    def test_a_run_moves_between_file_systems_with_links_and_without(self):
        self.assert_done(run(*self.flags))
        before = self.weights_of(4)
        # A copy must not go through the link that is there, into a checkpoint.
        self.assert_done(run(*self.resume, env=without("symlink", errno.EPERM)), self.copies(errno.EPERM))
        self.assertEqual(self.weights_of(4), before)
        self.assertEqual((self.run_folder / "last.safetensors").read_bytes(), self.weights_of(6))
        self.assert_done(run(*self.resume[:-1], 4))
        self.assertEqual(os.readlink(self.run_folder / "last.safetensors"), "checkpoints/step-8/weights.safetensors")

    def test_without_locks_it_is_said_once(self):
        for number in errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF:
            self.run_folder = self.place / str(number)
            done = run(*self.train_flags, "--run", self.run_folder, "--epochs", 2, env=without("flock", number))
            self.assert_done(done, f"tern: [{self.run_folder}] the file system has no locks: let no other process train "
                                   "in this folder\n")

    def test_what_nobody_misses(self):
        synced = [("fsync", number) for number in (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS, errno.EROFS)]
        others = [("exchange rights statx", number) for number in (errno.EINVAL, errno.EPERM, errno.ENOSYS)]
        for what, number in synced + others:
            with self.subTest(what + ": " + os.strerror(number)):
                place = self.place / f"{what.split()[0]}-{number}"
                (place / "set").mkdir(parents=True)
                self.assert_done(run("data", "synthesize", place / "set", "--train-samples", 5, env=without(what, number)))
                self.assert_done(run("data", "info", self.set, "--sheet", place / "sheet", env=without(what, number)))
        for what in "fsync", "exchange rights statx":
            self.assert_done(run(*self.train_flags, "--run", self.place / what[0], "--steps", 2,
                                 env=without(what, errno.EINVAL)))

    def test_an_old_checkpoint_that_cannot_be_deleted_stays(self):
        flags = [*self.train_flags, "--run", self.run_folder, "--steps", 3, "--save-every", 1, "--keep", 1]
        done = run(*flags, env=without("rmdir", errno.ENOTEMPTY))
        line = "tern: [{}/checkpoints/step-{}] cannot be deleted: Directory not empty\n"
        self.assert_done(done, "".join(line.format(self.run_folder, step) for step in (1, 2)))
        self.assertEqual((self.run_folder / "last.safetensors").read_bytes(), self.weights_of(3))
        # Nor do the remains end the next part, which can delete them.
        resume = ["train", "--resume", "--run", self.run_folder, "--steps"]
        done = run(*resume, 4, env=without("rmdir", errno.ENOTEMPTY))
        self.assertEqual(done.returncode, 0)
        self.assertIn("cannot be tidied: Directory not empty", done.stderr.decode())
        self.assert_done(run(*resume, 5))
        self.assertEqual([path.name for path in (self.run_folder / "checkpoints").iterdir()], ["step-5"])

    def test_a_disk_that_fails_is_no_nicety(self):
        done = run(*self.train_flags, "--run", self.run_folder, "--steps", 1, env=without("fsync", errno.EIO))
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot be synced to the disk: Input/output error", done.stderr.decode())


class LostFiles(RunTest):
    def gone(self, name, left, size):
        return (f"tern: [{self.run_folder / name}] has {left} of the {size} bytes of whole lines that it had at the "
                "checkpoint; the run continues without the others\n")

    def test_a_run_goes_on_without_its_logs(self):
        self.assert_done(run(*self.flags))
        metrics, steps = self.run_folder / "metrics.jsonl", self.run_folder / "steps.jsonl"
        sizes = metrics.stat().st_size, steps.stat().st_size
        metrics.unlink()
        first = steps.read_bytes().splitlines(keepends=True)[0]
        steps.write_bytes(first + b'{"step":2,"lo')
        self.assert_done(run(*self.resume), self.gone("metrics.jsonl", 0, sizes[0]) +
                         self.gone("steps.jsonl", len(first), sizes[1]))
        self.assertEqual([line["epoch"] for line in self.lines("metrics.jsonl")], [3])
        self.assertEqual([line["step"] for line in self.lines("steps.jsonl")], [1, 5, 6])
        # And as with them.
        whole = self.place / "whole"
        self.assert_done(run(*self.train_flags, "--run", whole, "--epochs", 3))
        self.assertEqual((whole / "last.safetensors").read_bytes(), self.weights_of(6))

    def test_links_that_are_gone_come_back(self):
        self.assert_done(run(*self.flags))
        for name in "last.safetensors", "best.safetensors":
            (self.run_folder / name).unlink()
        self.assert_done(run(*self.resume[:-2]))
        self.assertEqual((self.run_folder / "last.safetensors").read_bytes(), self.weights_of(4))
        self.assertTrue((self.run_folder / "best.safetensors").exists())

    def test_weights_are_saved_where_no_line_can_be(self):
        self.run_folder.mkdir()
        (self.run_folder / "metrics.jsonl").symlink_to("/dev/full")
        done = run(*self.flags)
        line = f"tern: [{self.run_folder}/metrics.jsonl] cannot be written: No space left on device"
        self.assertEqual(done.stderr.decode(), f"{line}; the run continues, its lines wait in memory\n{line}\n")
        self.assertEqual(done.returncode, 1)
        self.assertEqual((self.run_folder / "last.safetensors").read_bytes(), self.weights_of(4))
        self.assertEqual(len(self.lines("steps.jsonl")), 4)


if __name__ == "__main__":
    LACKING = sys.argv.pop(2)
    tern_process.main()
