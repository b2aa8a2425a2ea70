#!/usr/bin/env python3
"""Pages of tern report: of each kind of run, of damaged ones, and of names that would be markup.

usage: report_test.py TERN [unittest's arguments]
"""

import base64
import json
import os
import random
import shlex
import shutil
import statistics
import struct
import tomllib

import tern_process
from report_page import Page
from tern_process import TernTest, run

EPOCH = {"train_loss": 2.0, "train_accuracy": 0.25, "seconds": 2.0, "images_per_second": 20.0, "learning_rate": 0.01}
PARTS = ["load", "forward", "backward", "exchange", "optimizer", "statistics", "evaluation", "save", "other"]


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


class ReportTest(TernTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.train = ["train", "--data", cls.set, "--model", "lenet5", "--batch-size", 20, "--augment", "crop-flip"]
        for seed in range(3):
            run(*cls.train, "--epochs", 2, "--seed", seed, "--run", cls.shared / f"seed-{seed}").check_returncode()

    def copy(self, name="seed-0", to="copy"):
        return shutil.copytree(self.shared / name, self.place / to, symlinks=True)

    def page_of(self, *arguments, stderr=""):
        output = self.place / "page.html"
        self.assert_done(run("report", *arguments, "--output", output), stderr)
        page = Page(output)
        self.assertEqual(page.all_faults(), [])
        return page

    def assert_says(self, page, *words):
        for word in words:
            self.assertIn(word, page.text)

    def test_one_run(self):
        folder = self.copy()
        self.assert_done(run("report", folder))
        page = Page(folder / "report.html")
        self.assertEqual(page.all_faults(), [])
        logged = lines_of(folder / "metrics.jsonl")
        accuracy = logged[-1]["test_accuracy"]
        self.assert_says(
            page, f"{100 * accuracy:.2f} %", "one run: how much it varies", "was chosen on the tests themselves",
            "Confusion matrix", "Surest mistakes", "A training batch", "Calibration", "All ", "Where the time went",
        )  # fmt: skip
        own = page.data["runs"][0]
        self.assertEqual([row["held_loss"] for row in own["epochs"]], [row["test_loss"] for row in logged])
        self.assertEqual(sum(map(sum, own["tests"]["confusion"])), 6)
        best = max(row["test_accuracy"] for row in logged)
        self.assertAlmostEqual(own["tests"]["accuracy"], best)
        # 20 images of the batch, and the mistakes, all of them PNG.
        wrong = round(6 * (1 - best))
        self.assertEqual(len(page.images), 20 + wrong)
        for image in page.images:
            self.assertTrue(image["src"].startswith("data:image/png;base64,"))
            self.assertTrue(base64.b64decode(image["src"].split(",")[1]).startswith(b"\x89PNG"))
        self.assertEqual(page.source.count("<polyline"), 6)

    def test_a_run_without_times(self):
        folder = self.copy()
        (folder / "times.jsonl").unlink()
        self.assertNotIn("Where the time went", self.page_of(folder).text)

    def test_equal_runs_give_equal_pages(self):
        folder = self.copy()
        pages = []
        for threads in 1, 2:
            self.assert_done(run("report", folder, "--threads", threads))
            pages.append((folder / "report.html").read_bytes())
        self.assertEqual(*pages)

    def test_the_command_makes_the_run_again(self):
        page = self.page_of(self.shared / "seed-1")
        command = page.text.split("makes this run again", 1)[1].strip().split("tern train ", 1)[1]
        again = self.place / "again"
        self.assert_done(run("train", *shlex.split(command), "--run", again))
        for name in "config.toml", "checkpoints/step-4/weights.safetensors":
            self.assertEqual((again / name).read_bytes(), (self.shared / "seed-1" / name).read_bytes())

    def test_seeds(self):
        page = self.page_of(*(self.shared / f"seed-{seed}" for seed in range(3)))
        accuracies = [100 * lines_of(self.shared / f"seed-{seed}/metrics.jsonl")[-1]["test_accuracy"] for seed in range(3)]
        mean, deviation = statistics.mean(accuracies), statistics.stdev(accuracies)
        self.assert_says(
            page, f"{mean:.2f} \u00b1 {deviation:.2f} %", "of 3 runs that differ in the seed alone", "0, 1, 2",
            "Settings in which the runs differ",
        )  # fmt: skip
        self.assertEqual([own["settings"]["seed"] for own in page.data["runs"]], ["0", "1", "2"])

    def test_runs_of_other_settings_are_apart(self):
        other = self.place / "mlp"
        run(*self.train[:3], "--model", "mlp", "--batch-size", 20, "--epochs", 1, "--run", other).check_returncode()
        page = self.page_of(self.shared / "seed-0", other, self.shared / "seed-1")
        self.assert_says(page, "model lenet5", "model mlp", "0, 1", "lenet5, mlp, 3 runs")
        self.assertNotIn("of 3 runs that differ in the seed alone", page.text)

    def test_a_validated_run(self):
        folder, larger = self.place / "validated", self.place / "larger"
        run("data", "synthesize", larger, "--train-samples", 200, "--test-samples", 20).check_returncode()
        run(*self.train[:1], "--data", larger, *self.train[3:], "--epochs", 2, "--validation", 0.5, "--run", folder).check_returncode()
        page = self.page_of(folder)
        tested = lines_of(folder / "metrics.jsonl")[-1]
        self.assert_says(page, f"{100 * tested['test_accuracy']:.2f} %", "Chosen on validation samples", "validation solid")
        self.assertNotIn("flatters", page.text)
        self.assertEqual(page.data["runs"][0]["tested"]["best_epoch"], tested["best_epoch"])
        lines = lines_of(folder / "metrics.jsonl")[:-1]
        write_lines(folder / "metrics.jsonl", lines)
        self.assert_says(self.page_of(folder), "its tests with the best weights are still to come")

    def test_a_run_of_steps(self):
        page = self.page_of(self.shared / "run")
        self.assert_says(page, "A run of steps evaluates nothing", "last.safetensors", "Steps")
        self.assertEqual(page.source.count("<polyline"), 0)
        self.assertGreater(page.source.count("<circle"), 3)

    def test_a_run_in_progress(self):
        folder = self.copy()
        first, second = (folder / "metrics.jsonl").read_text().splitlines()
        (folder / "metrics.jsonl").write_text(first + "\n" + second[:40])
        page = self.page_of(folder, self.shared / "seed-1")
        self.assert_says(page, "copy is still running, or was stopped: 1 of 2 epochs are done", "metrics.jsonl is not whole", "one run")
        (folder / "metrics.jsonl").write_text("")
        self.assert_says(self.page_of(folder), "0 of 2 epochs are done", "No run has a line of metrics yet")
        (folder / "metrics.jsonl").unlink()
        for weights in "best.safetensors", "last.safetensors":
            (folder / weights).unlink()
        page = self.page_of(folder, stderr="tern: copy: not evaluated: the run has no weights yet\n")
        self.assert_says(page, "Left out are confusion matrix, classes, mistakes and calibration: the run has no weights yet")

    def test_without_the_data(self):
        folder = self.copy()
        config = (folder / "config.toml").read_text().replace(str(self.set), "/nowhere")
        (folder / "config.toml").write_text(config)
        why = "[/nowhere] does not exist"
        done = run("report", folder)
        self.assertEqual(done.returncode, 0)
        self.assertIn("tern: copy: not evaluated: [/nowhere", done.stderr.decode())
        page = Page(folder / "report.html")
        self.assertEqual((page.all_faults(), page.images), ([], []))
        self.assert_says(page, "calibration: [/nowhere", "Not shown: [/nowhere", "Curves", "makes this run again")
        self.assertIn("Calibration", self.page_of(folder, "--data", self.set).text, why)

    def test_times(self):
        folder = self.place / "run"
        run(*self.train, "--epochs", 2, "--replicas", 2, "--run", folder).check_returncode()
        rank = {"seconds": {part: 1.5 for part in PARTS}, "waits": {"gradients": 0.25}}
        ranks = [{"rank": k, "host": f"host<{k}>", **rank} for k in range(2)]
        write_lines(folder / "times.jsonl", [{"epoch": k + 1, "ranks": ranks} for k in range(2)])
        page = self.page_of(folder)
        self.assert_says(page, "Where the time went", "rank 1, host<1> 3.0", "3.0 11.1 %", "27.0", "waited for rank 0, host<0> rank 1, host<1> gradients 0.5 0.5", "mpirun -n 2")
        self.assertEqual(page.data["runs"][0]["times"][1]["seconds"]["load"], 3.0)

    def test_names_are_no_markup(self):
        name = "</script><script>alert('\"&1')</script>"
        marked = self.place / "marked"
        shutil.copytree(self.set, marked)
        names = (marked / "batches.meta.txt").read_text().splitlines()
        (marked / "batches.meta.txt").write_text("\n".join([name, "<img src=x onerror=alert(2)>", *names[2:]]) + "\n")
        folder = os.path.join(os.fsencode(self.place), b"<b>'\"\xff\xc0")
        run(*self.train[:1], "--data", marked, "--model", "lenet5", "--epochs", 1, "--run", os.fsdecode(folder)).check_returncode()
        page = self.page_of(os.fsdecode(folder), self.shared / "seed-0")
        self.assert_says(page, "Run <b>'\"\ufffd\ufffd", name, "<img src=x onerror=alert(2)>")
        self.assertEqual(page.data["runs"][0]["tests"]["classes"][0], name)
        self.assertEqual(page.source.count("<script"), 2)

    def test_grey_images_and_other_sizes(self):
        grey = self.place / "grey"
        grey.mkdir()
        for name, count in ("train", 40), ("t10k", 12):
            pixels = random.Random(name).randbytes(count * 28 * 28)
            (grey / f"{name}-images-idx3-ubyte").write_bytes(struct.pack(">IIII", 0x803, count, 28, 28) + pixels)
            (grey / f"{name}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x801, count) + bytes(k % 10 for k in range(count)))
        folder = self.place / "run"
        run("train", "--data", grey, "--model", "mlp", "--epochs", 1, "--run", folder).check_returncode()
        page = self.page_of(folder)
        self.assert_says(page, "A training batch")
        self.assertGreater(len(page.images), 40)

    def test_many_classes_and_mixed_images(self):
        hundred = self.place / "hundred"
        hundred.mkdir()
        for name, count in ("train", 200), ("test", 100):
            random_bytes = random.Random(name).randbytes
            samples = b"".join(bytes([k % 20, k % 100]) + random_bytes(3072) for k in range(count))
            (hundred / f"{name}.bin").write_bytes(samples)
        for kind, count in ("fine", 100), ("coarse", 20):
            (hundred / f"{kind}_label_names.txt").write_text("".join(f"{kind} {k}\n" for k in range(count)))
        folder = self.place / "run"
        flags = ["--model", "lenet5", "--epochs", 1, "--batch-size", 100, "--augment", "mixup=1", "--run", folder]
        run("train", "--data", hundred, *flags).check_returncode()
        page = self.page_of(folder)
        self.assert_says(page, "100 of each", "most often taken for another", "mixup=1")
        self.assertEqual(sum("Confusion matrix of 100 classes" in image["alt"] for image in page.images), 1)
        self.assertTrue(any(", fine" in image["alt"] and "%" in image["alt"] for image in page.images))
        coarse = self.place / "coarse"
        flags[-1] = coarse
        run("train", "--data", hundred, "--labels", "coarse", *flags).check_returncode()
        self.assert_says(self.page_of(coarse), "coarse 19")

    def test_a_page_stays_small(self):
        folders = [self.copy(f"seed-{k % 3}", f"copy-{k}") for k in range(24)]
        page = self.page_of(*folders)  # which checks the size
        self.assert_says(page, "left out, so that the page stays small")
        self.assertGreater(len(page.bytes), 1_000_000)

    def test_two_runs_of_one_name_are_told_apart(self):
        page = self.page_of(self.shared / "seed-0", self.copy(to="seed-0"))
        self.assert_says(page, "of 2 runs of equal settings, with 1 seed")
        self.assertEqual([own["run"] for own in page.data["runs"]], [str(self.shared / "seed-0"), str(self.place / "seed-0")])

    def test_what_is_refused(self):
        folder = self.copy()
        metrics, output = folder / "metrics.jsonl", self.place / "page.html"
        self.assert_fails(run("report"), 2, "[tern report] needs the folder of a run; see tern report --help")
        self.assert_fails(run("report", folder, folder), 2, "[--output] must name the page to write, for 2 runs")
        self.assert_fails(run("report", self.place), 1, f"[{self.place}] holds no run: there is no config.toml in it")
        self.assert_fails(run("report", folder, "--output", self.place), 1, f"[{self.place}] is a folder, expected a file")
        done = run("report", folder, "--output", metrics)
        self.assert_fails(done, 2, f"[--output] would replace {metrics}, which is read, got {metrics}")
        whole = {"epoch": 1, **EPOCH, "test_loss": 1.0, "test_accuracy": 0.5}
        for rows, line in (
            (["{}"], "line 1: has no epoch"),
            (["no JSON", json.dumps(whole)], "line 1 is not a JSON object"),
            ([json.dumps(whole), json.dumps(whole | {"test_loss": "low"})], 'line 2: test_loss must be a number, got "low"'),
        ):
            metrics.write_text("".join(row + "\n" for row in rows))
            self.assert_fails(run("report", folder, "--output", output), 1, f"[{metrics}] {line}")
        self.assertFalse(output.exists())
        write_lines(metrics, [whole])
        write_lines(folder / "times.jsonl", [{"epoch": 1}])
        self.assert_fails(run("report", folder), 1, f"[{folder / 'times.jsonl'}] line 1: has no array ranks")

    def test_the_settings_are_those_of_the_run(self):
        page = self.page_of(self.shared / "seed-2")
        config = tomllib.loads((self.shared / "seed-2/config.toml").read_text())
        self.assertEqual(page.data["runs"][0]["settings"].keys(), config.keys())


if __name__ == "__main__":
    tern_process.main()
