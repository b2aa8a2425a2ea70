#!/usr/bin/env python3
"""What the commands write where the name is not a plain file.  usage: outputs_test.py TERN [unittest's arguments]"""

import os
import stat
import threading

import tern_process
from tern_process import TernTest, clean_environment, run


def device(name, place):
    """/dev/NAME; for root, who could replace it if tern were wrong, another node of it, or None where none works."""
    if os.geteuid() != 0:
        return f"/dev/{name}"
    node = place / f"device-{name}"
    os.mknod(node, stat.S_IFCHR | 0o666, os.stat(f"/dev/{name}").st_rdev)
    try:
        os.close(os.open(node, os.O_WRONLY))
    except OSError:  # mounted with nodev
        return None
    return node


class OutputsTest(TernTest):
    def commands(self):
        """Each command that writes a file, without that file's name, and what that file has near its start."""
        return {
            "evaluate": (["evaluate", "--checkpoint", self.weights, "--data", self.set, "--logits"], b'{"labels":'),
            "info": (["data", "info", self.set, "--sheet"], b"PNG"),
            "report": (["report", self.shared / "run", "--output"], b"<!DOCTYPE html>"),
            "tune": (["tune", "--batch-size", 1, "--out"], b"# Written by tern tune"),
        }

    def for_each(self):
        for name, (arguments, start) in self.commands().items():
            with self.subTest(name):
                place = self.place / name
                place.mkdir()
                yield arguments, place, lambda content, start=start: self.assertIn(start, content[:32])

    def test_a_link_stays_and_leads_to_the_new_file(self):
        for arguments, place, check in self.for_each():
            (place / "file").write_text("old")
            (place / "file").chmod(0o640)
            (place / "link").symlink_to("file")
            (place / "dangling").symlink_to(place / "new")
            for link, file in ("link", "file"), ("dangling", "new"):
                self.assert_done(run(*arguments, place / link))
                self.assertTrue((place / link).is_symlink())
                check((place / file).read_bytes())
            self.assertEqual(stat.S_IMODE((place / "file").stat().st_mode), 0o640)
            self.assertEqual(len(list(place.iterdir())), 4)

    def test_a_pipe_gets_the_file(self):
        for arguments, place, check in self.for_each():
            os.mkfifo(place / "pipe")
            got = []
            reader = threading.Thread(target=lambda: got.append((place / "pipe").read_bytes()), daemon=True)
            reader.start()
            self.assert_done(run(*arguments, place / "pipe"))
            reader.join(60)
            check(got[0])
            self.assertTrue((place / "pipe").is_fifo())

    def test_a_device_stays_one(self):
        try:
            null, full = device("null", self.place), device("full", self.place)
        except PermissionError:
            null = None
        if null is None:
            self.skipTest("no device can be made here")
        for arguments, _, _ in self.for_each():
            self.assert_done(run(*arguments, null))
            self.assert_fails(run(*arguments, full), 1, f"[{full}] cannot be written: No space left on device")
            for node in null, full:
                self.assertTrue(stat.S_ISCHR(os.stat(node).st_mode))

    def test_standard_output_has_the_file_alone(self):
        for arguments, place, check in self.for_each():
            plain = run(*arguments, place / "plain")
            (place / "stdout").symlink_to("/proc/self/fd/1")  # as /dev/stdout
            for output in place / "stdout", "/dev/fd/1", "/proc/self/fd/1":
                piped = run(*arguments, output)
                self.assertEqual(piped.returncode, 0)
                check(piped.stdout)
                # What is else printed there; times differ.
                self.assertEqual(len(piped.stderr.splitlines()), len(plain.stdout.splitlines()))
            with open(place / "file", "wb") as file:
                file.write(b"before|")
                file.flush()
                done = run(*arguments, place / "stdout", stdout=file)
                self.assertEqual(done.returncode, 0)
            content = (place / "file").read_bytes()
            self.assertTrue(content.startswith(b"before|"))
            check(content[len(b"before|"):])

    def test_what_cannot_be_written_is_told_before_the_work(self):
        (self.place / "a").symlink_to("b")
        (self.place / "b").symlink_to("a")
        (self.place / "lost").symlink_to("none/file")
        cases = {
            "": (2, "[{flag}] must name the file to write, got an empty name"),
            self.place: (1, "[{output}] is a folder, expected a file"),
            f"{self.place}/new/": (1, "[{output}] names a folder, expected a file"),
            self.place / "none" / "x": (1, "[{output}] cannot be created: No such file or directory"),
            self.place / "lost": (1, f"[{self.place}/none/file] cannot be created: No such file or directory"),
            self.place / "a": (1, "[{output}] cannot be written: Too many levels of symbolic links"),
            self.place / ("x" * 256): (1, "[{output}] cannot be written: File name too long"),
        }
        for arguments, place, _ in self.for_each():
            for output, (status, line) in cases.items():
                # Not one operation was run.
                done = run(*arguments, output, env=clean_environment(TERN_VERBOSE="dispatch"))
                self.assert_fails(done, status, line.format(flag=arguments[-1], output=output))
                self.assertEqual(done.stdout, b"")
            self.assertEqual(list(place.iterdir()), [])

    def test_what_is_read_is_not_replaced(self):
        evaluate, sheet = self.commands()["evaluate"][0], self.commands()["info"][0]
        weights, samples = self.weights.resolve(), self.set / "data_batch_2.bin"
        (self.place / "link").symlink_to(weights)
        os.link(weights, self.place / "hard")
        (self.place / "set").symlink_to(self.set)
        before = {path: path.read_bytes() for path in (weights, samples)}
        for arguments, output, read in [
            (evaluate, self.weights, self.weights), (evaluate, self.place / "link", self.weights),
            (evaluate, self.place / "hard", self.weights), (evaluate, samples, samples),
            (evaluate, self.place / "set" / samples.name, samples), (sheet, samples, samples),
            (sheet, self.set / "batches.meta.txt", self.set / "batches.meta.txt"),
        ]:
            self.assert_fails(run(*arguments, output), 2,
                              f"[{arguments[-1]}] would replace {read}, which is read, got {output}")
        for path, content in before.items():
            self.assertEqual(path.read_bytes(), content)


class FoldersTest(TernTest):
    def commands(self):
        images = self.place / "images"
        for i in range(12):
            (images / f"class-{i % 2}").mkdir(parents=True, exist_ok=True)
            (images / f"class-{i % 2}" / f"{i}.ppm").write_bytes(b"P6 32 32 255\n" + bytes([i]) * 3072)
        return {"synthesize": ["data", "synthesize", "--train-samples", 40, "--test-samples", 6],
                "import": ["data", "import", images, "--output"]}

    def test_a_folder_keeps_its_rights_and_a_link_to_it_stays(self):
        for name, arguments in self.commands().items():
            with self.subTest(name):
                folder, link = self.place / name, self.place / f"{name}-link"
                folder.mkdir()
                folder.chmod(0o2750)
                link.symlink_to(folder)
                self.assert_done(run(*arguments, link))
                self.assertTrue(link.is_symlink())
                self.assertTrue((folder / ("test.safetensors" if name == "import" else "test_batch.bin")).exists())
                self.assertEqual(stat.S_IMODE(folder.stat().st_mode), 0o2750)

    def test_a_link_to_nothing_leads_to_the_new_folder(self):
        for name, arguments in (self.commands() | {"train": [*self.train_flags, "--steps", 1, "--run"]}).items():
            with self.subTest(name):
                link = self.place / f"{name}-link"
                link.symlink_to(f"{name}-made")
                self.assert_done(run(*arguments, link))
                self.assertTrue(link.is_symlink())
                self.assertTrue((self.place / f"{name}-made").is_dir())

    def test_a_run_folder_that_cannot_be_made_is_told_before_the_data_is_read(self):
        (self.place / "file").write_text("")
        for run_folder, line in [("/dev/null", "Not a directory"), (self.place / "file" / "x", "Not a directory")]:
            done = run("train", "--data", "/nowhere", "--steps", 1, "--run", run_folder)
            self.assert_fails(done, 1, f"[{run_folder}] cannot be made: {line}")

    def test_a_run_writes_its_config_through_a_link(self):
        folder = self.place / "run"
        folder.mkdir()
        (folder / "config.toml").symlink_to(self.place / "elsewhere.toml")
        self.assert_done(run(*self.train_flags, "--steps", 1, "--run", folder))
        self.assertTrue((folder / "config.toml").is_symlink())
        self.assertIn("model = 'mini_xception'", (self.place / "elsewhere.toml").read_text().replace('"', "'"))


if __name__ == "__main__":
    tern_process.main()
