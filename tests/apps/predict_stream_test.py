#!/usr/bin/env python3
"""tern predict on more images than memory should hold, through slow pipes, and when it is stopped.
usage: predict_stream_test.py TERN [unittest's arguments]"""

import csv
import io
import json
import os
import random
import signal
import subprocess
import time

import tern_process
from tern_process import TernTest, run, start


def image(seed):
    """A small PPM of noise."""
    return b"P6 8 8 255\n" + random.Random(seed).randbytes(192)


class PredictTest(TernTest):
    def predict(self, *arguments, **options):
        return run("predict", "--checkpoint", self.weights, *arguments, cwd=self.place, **options)

    def start(self, *arguments, **options):
        return start("predict", "--checkpoint", self.weights, *arguments, cwd=self.place, **options)


class StreamTest(PredictTest):
    def make(self, count):
        (self.place / "images").mkdir()
        for i in range(count):
            (self.place / "images" / f"{'x' * (i % 5)}{i}.ppm").write_bytes(image(i))

    def test_no_number_changes_a_byte(self):
        self.make(23)
        (self.place / "images" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        (self.place / "images" / "notes.txt").write_text("no image")
        table = self.predict("images", "none.png")
        self.assertEqual(table.returncode, 1)
        objects = self.predict("images", "none.png", "--json").stdout
        for flags in [("--workers", 1), ("--workers", 3), ("--workers", 3, "--batch-size", 1), ("--batch-size", 5),
                      ("--workers", 2, "--batch-size", 7, "--threads", 3)]:
            with self.subTest(flags=flags):
                done = self.predict("images", "none.png", *flags)
                self.assertEqual((done.stdout, done.stderr, done.returncode),
                                 (table.stdout, table.stderr, table.returncode))
                self.assertEqual(self.predict("images", "none.png", "--json", *flags).stdout, objects)
                for name in "all.csv", "all.jsonl":
                    self.predict("images", "none.png", "--output", f"plain-{name}")
                    done = self.predict("images", "none.png", "--output", name, *flags)
                    self.assertEqual((done.stdout, done.stderr, done.returncode), (b"", table.stderr, 1))
                    self.assertEqual((self.place / name).read_bytes(), (self.place / f"plain-{name}").read_bytes())

    def test_files_have_what_the_json_object_has(self):
        self.make(9)
        (self.place / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        names = ["images", "broken.png", "none.png"]
        whole = json.loads(self.predict(*names, "--json").stdout)
        self.predict(*names, "--output", "all.csv", "--workers", 2)
        self.predict(*names, "--output", "all.jsonl", "--workers", 2)
        lines = [json.loads(line) for line in (self.place / "all.jsonl").read_text().splitlines()]
        self.assertEqual([line for line in lines if "classes" in line], whole["images"])
        self.assertEqual([(line["file"], line["failure"]) for line in lines if "failure" in line],
                         list(zip(names[1:], whole["failures"])))
        rows = list(csv.DictReader(io.StringIO((self.place / "all.csv").read_bytes().decode(), newline="")))
        wanted = [{"file": entry["file"], "rank": str(rank), "class": own["class"], "label": str(own["label"]),
                   "probability": json.dumps(own["probability"])}
                  for entry in whole["images"] for rank, own in enumerate(entry["classes"], 1)]
        for row, want in zip(rows, wanted):
            self.assertEqual(float(row.pop("probability")), float(want.pop("probability")))
        self.assertEqual(rows, wanted)
        self.assertEqual(len(rows), 27)

    def test_names_of_all_kinds(self):
        names = [b"a,b.ppm", b'quo"te.ppm', b"line\nend.ppm", b"carriage\rreturn.ppm", b"=1+1.ppm", b" blank .ppm",
                 "\u00fc\u4e2d.ppm".encode(), b"not\xff\xfeutf8.ppm"]
        for i, name in enumerate(names):
            with open(os.path.join(os.fsencode(self.place), name), "wb") as file:
                file.write(image(i))
        for output in "all.csv", "all.jsonl":
            self.assert_done(self.predict(*map(os.fsdecode, names), "--top-k", 1, "--output", output))
        rows = list(csv.reader(io.StringIO((self.place / "all.csv").read_bytes().decode(errors="surrogateescape"),
                                           newline="")))
        self.assertEqual([os.fsencode(row[0]) for row in rows[1:]], names)
        lines = (self.place / "all.jsonl").read_bytes().split(b"\n")[:-1]
        self.assertEqual([json.loads(line)["file"] for line in lines],
                         [name.decode(errors="replace") for name in names])

    def test_a_list_may_come_slowly(self):
        self.make(3)
        names = sorted(os.listdir(self.place / "images"))
        os.mkfifo(self.place / "rows.jsonl")
        process = self.start("--list", "-", "--batch-size", 1, "--workers", 2, "--output", "rows.jsonl", "--top-k", 1,
                             stdin=subprocess.PIPE)
        def send(name):
            process.stdin.write(f"images/{name}\n".encode())
            process.stdin.flush()

        send(names[0])
        with open(self.place / "rows.jsonl", encoding="utf-8") as rows:
            for name, after in zip(names, [*names[1:], None]):  # which comes when the one before is answered
                self.assertEqual(json.loads(rows.readline())["file"], f"images/{name}")
                if after:
                    send(after)
            process.stdin.close()
            self.assertEqual(rows.read(), "")
        self.assertEqual((process.wait(60), process.stderr.read()), (0, b""))
        process.stdout.close()
        process.stderr.close()

    def test_lists_that_are_none(self):
        (self.place / "a.ppm").write_bytes(image(1))
        for content, line in [(b"a.ppm\n" + b"x" * (1 << 17), "its line 2 has more than 65536 bytes, expected a name"),
                              (b"a.ppm\0b.ppm\0", "its line 1 has a zero byte, expected a name"),
                              (b"\n\r\n\n", "is a list without names"), (b"", "is a list without names")]:
            (self.place / "list").write_bytes(content)
            self.assert_fails(self.predict("--list", "list", "--output", "x.csv", "--workers", 2), 1, f"[list] {line}")
            self.assert_fails(self.predict("--list", "-", input=content), 1, f"[standard input] {line}")
        self.assertEqual(sorted(os.listdir(self.place)), ["a.ppm", "list"])
        long = b"x" * 4096
        self.assertIn(b"File name too long", self.predict("--list", "-", input=long).stderr)
        done = self.predict("--list", "-", input=b"-\na.ppm\n", )
        self.assertEqual((done.stderr, done.returncode),
                         (b"tern: [-] stands for standard input, which can be read once\n", 1))
        self.assertEqual(len(done.stdout.splitlines()), 4)

    def stop(self, process, number=signal.SIGINT):
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 128 + number)
        return out, err.decode()

    def catches(self, process, number):
        with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
            caught = next(line for line in status if line.startswith("SigCgt:"))
        return int(caught.split()[1], 16) >> (number - 1) & 1

    def test_a_signal_ends_it_and_leaves_no_file(self):
        (self.place / "a.ppm").write_bytes(image(1))
        (self.place / "old.csv").write_text("old")
        for workers in 0, 2:
            process = self.start("--list", "-", "--output", "old.csv", "--workers", workers, "--batch-size", 1,
                                 stdin=subprocess.PIPE)
            process.stdin.write(b"a.ppm\n" * 5)
            process.stdin.flush()
            while not any(name.startswith(".old.csv.part-") and os.path.getsize(self.place / name) > 500
                          for name in os.listdir(self.place)):
                self.assertIsNone(process.poll())
                time.sleep(0.01)
            self.assertRegex(self.stop(process)[1], r"^tern: stopped after [1-5] images; not written: old\.csv\n$")
            self.assertEqual((self.place / "old.csv").read_text(), "old")
            self.assertEqual(sorted(os.listdir(self.place)), ["a.ppm", "old.csv"])
            for arguments in ["-", "--json"], ["--list", "-"]:  # nothing comes
                process = self.start(*arguments, "--workers", workers, stdin=subprocess.PIPE)
                while not self.catches(process, signal.SIGTERM):
                    self.assertIsNone(process.poll())
                    time.sleep(0.01)
                self.assertEqual(self.stop(process, signal.SIGTERM)[1], "tern: stopped after 0 images\n")

    def test_what_was_killed_leaves_what_was_there(self):
        (self.place / "a.ppm").write_bytes(image(1))
        (self.place / "old.csv").write_text("old")
        process = self.start("--list", "-", "--output", "old.csv", "--batch-size", 1, stdin=subprocess.PIPE)
        process.stdin.write(b"a.ppm\n" * 5)
        process.stdin.flush()
        part = self.place / f".old.csv.part-{process.pid}"
        while not part.exists():
            time.sleep(0.01)
        process.kill()
        process.communicate()
        self.assertEqual((self.place / "old.csv").read_text(), "old")
        self.assert_done(self.predict("a.ppm", "--output", "old.csv"))
        self.assertEqual(len((self.place / "old.csv").read_text().splitlines()), 4)

    def test_an_output_of_no_known_kind(self):
        (self.place / "a.ppm").write_bytes(image(1))
        for name in "all.txt", "csv", "all.CSV", "all.csv.gz", "-":
            self.assert_fails(self.predict("a.ppm", "--output", name), 2,
                              f"[--output] must end in .csv or .jsonl, got {name}")
        self.assert_fails(self.predict("a.ppm", "--output", ""), 2,
                          "[--output] must name the file to write, got an empty name")
        self.assert_fails(self.predict("a.ppm", "--output", "x.csv", "--json"), 2,
                          "[--json] prints what --output writes to a file: name one of the two")
        (self.place / "list.csv").write_text("a.ppm\n")
        os.link(self.place / "a.ppm", self.place / "b.csv")
        for output, read in ("list.csv", "list.csv"), ("b.csv", "a.ppm"):
            self.assert_fails(self.predict("a.ppm", "--list", "list.csv", "--output", output), 2,
                              f"[--output] would replace {read}, which is read, got {output}")
        self.assert_fails(self.predict("a.ppm", "--output", "none/x.csv"), 1,
                          "[none/x.csv] cannot be created: No such file or directory")
        for workers in "-1", "257", "x":
            self.assert_fails(self.predict("a.ppm", "--workers", workers), 2,
                              f"[--workers] must be a whole number from 0 to 256, got {workers}")
        self.assertEqual(sorted(os.listdir(self.place)), ["a.ppm", "b.csv", "list.csv"])


class MemoryTest(PredictTest):
    """By the kilobytes that the process had at most. Kept for each image, a name, a result of 3 classes and their text take
    some 700 bytes, 13 MB for the 19,000 images that the second run has more; what may grow with them are the names of a
    folder, up to 65,536: 32 bytes each where they are short, in a vector that doubles, so twice that when it has last
    grown. 2.3 MB of the heap's pieces are allowed beside these 1.5."""

    FEW, MANY = 1_000, 20_000
    MOST = 3_800  # KiB

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for i in range(20):  # the fewest pixels: 0.1 ms for each image
            (cls.shared / "set8" / f"class-{i % 2}").mkdir(parents=True, exist_ok=True)
            (cls.shared / "set8" / f"class-{i % 2}" / f"{i}.ppm").write_bytes(image(i))
        run("train", "--data", cls.shared / "set8", "--image-size", 8, "--model", "tiniest", "--steps", 1,
            "--batch-size", 4, "--run", cls.shared / "tiniest").check_returncode()
        cls.weights = cls.shared / "tiniest" / "last.safetensors"
        (cls.shared / "image.ppm").write_bytes(image(1))
        for name, count in ("few", cls.FEW), ("many", cls.MANY):
            (cls.shared / name).mkdir()
            for i in range(count):
                os.link(cls.shared / "image.ppm", cls.shared / name / f"{i:06}.ppm")

    def peak(self, rows, *arguments, status=0):
        """KiB of a run that gives so many rows."""
        with open(self.place / "out", "wb") as out, open(self.place / "err", "wb") as err:
            process = self.start(*arguments, "--top-k", 1, stdout=out, stderr=err)
            _, result, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(result)
        self.assertEqual(process.returncode, status, (self.place / "err").read_bytes()[-1000:])
        with open(self.place / "out", "rb") as out:
            self.assertEqual(sum(line.count(b'"file"') or 1 for line in out), rows)
        return usage.ru_maxrss

    def test_a_folder(self):
        for flags, header in ([], 1), (["--json", "--workers", 2], 0), (["--output", "/dev/stdout"], 1):
            if "--output" in flags:
                (self.place / "rows.csv").symlink_to("/dev/stdout")
                flags = ["--output", "rows.csv", "--workers", 2]
            with self.subTest(flags=flags):
                few, many = (self.peak(count + header, self.shared / name, *flags)
                             for name, count in (("few", self.FEW), ("many", self.MANY)))
                self.assertLess(many - few, self.MOST)

    def test_a_list_and_failures(self):
        def listed(count):
            with open(self.place / "list", "w", encoding="utf-8") as file:
                for i in range(count):
                    file.write(f"{self.shared}/few/{i % self.FEW:06}.ppm\nnone-{i}.ppm\n")
            return self.peak(count, "--list", "list", "--json", "--workers", 2, status=1)

        self.assertLess(listed(self.MANY) - listed(self.FEW), self.MOST - 1_500)


if __name__ == "__main__":
    tern_process.main()
