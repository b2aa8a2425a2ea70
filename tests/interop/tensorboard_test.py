#!/usr/bin/env python3
"""What TensorBoard reads in a run's event files is what its other logs say, also of one that was resumed.

usage: tensorboard_test.py TERN
"""

import json
import sys
from pathlib import Path

try:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
except ImportError as error:
    sys.exit(f"{sys.executable} has no {error.name} (pip install tensorboard)")
sys.path.append(str(Path(__file__).resolve().parents[1] / "apps"))
import tern_process  # noqa: E402
from tern_process import TernTest, run, start  # noqa: E402

FLOAT32 = 6e-8  # half the distance of two numbers, of these


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


class TensorboardTest(TernTest):
    def setUp(self):
        super().setUp()
        self.run_folder = self.place / "run"
        self.flags = [*self.train_flags, "--model", "lenet5", "--log-steps", "--tensorboard", "--run", self.run_folder]

    def read(self):
        events = EventAccumulator(str(self.run_folder / "tensorboard"), size_guidance={"scalars": 0})
        events.Reload()
        return events

    def check_scalars(self, events, tag, expected):
        """expected: (step, value) of each"""
        got = [(scalar.step, scalar.value) for scalar in events.Scalars(tag)]
        self.assertEqual([step for step, _ in got], [step for step, _ in expected], tag)
        for (step, value), (_, wanted) in zip(got, expected):
            self.assertLessEqual(abs(value - wanted), FLOAT32 * abs(wanted), f"{tag} at {step}")

    def check_all(self, steps_per_epoch):
        events = self.read()
        epochs = [line for line in lines_of(self.run_folder / "metrics.jsonl") if "epoch" in line]
        tags = {"learning_rate": "learning_rate", "images_per_second": "images_per_second"}
        for split in "train", "validation", "test":
            for metric in "loss", "accuracy":
                if epochs[0].get(f"{split}_{metric}") is not None:
                    tags[f"{metric}/{split}"] = f"{split}_{metric}"
        if "batch_size" in epochs[0]:
            tags["batch_size"] = "batch_size"
        for tag, key in tags.items():
            self.check_scalars(events, tag, [(steps_per_epoch(line["epoch"]), line[key]) for line in epochs])
        steps = [(line["step"], line["loss"]) for line in lines_of(self.run_folder / "steps.jsonl")]
        self.check_scalars(events, "loss/step", steps)
        self.assertLessEqual({*tags, "loss/step"}, set(events.Tags()["scalars"]))
        text = events.Tensors("config")[-1].tensor_proto.string_val[0].decode()
        config = (self.run_folder / "config.toml").read_text()
        self.assertEqual([line[4:] for line in text.splitlines()], config.splitlines())
        return events, {*tags, "loss/step"}

    def test_a_run(self):
        self.assert_done(run(*self.flags, "--epochs", 3))
        events, tags = self.check_all(lambda epoch: 2 * epoch)
        self.assertEqual(set(events.Tags()["scalars"]), tags)

    def test_a_run_whose_batches_grow_and_that_is_validated(self):
        self.assert_done(run(*self.flags, "--epochs", 3, "--validation", 0.5, "--stratify", "--batch-schedule", "2@2"))
        events, _ = self.check_all(lambda epoch: epoch)
        tested = lines_of(self.run_folder / "metrics.jsonl")[-1]
        self.check_scalars(events, "loss/test", [(3, tested["test_loss"])])
        self.check_scalars(events, "accuracy/test", [(3, tested["test_accuracy"])])

    def test_a_run_that_is_resumed(self):
        self.assert_done(run(*self.flags, "--epochs", 2))
        self.assert_done(run("train", "--resume", "--run", self.run_folder, "--epochs", 4))
        self.assertEqual(len(list((self.run_folder / "tensorboard").iterdir())), 2)
        self.check_all(lambda epoch: 2 * epoch)

    def test_a_run_that_is_killed_and_resumed_forgets_what_it_does_again(self):
        until_killed = [*self.flags, "--epochs", 100_000]
        with start(*until_killed) as process:
            steps = self.run_folder / "steps.jsonl"
            while not steps.exists() or steps.stat().st_size < 2000:
                self.assertIsNone(process.poll())
            process.kill()
            process.wait()
            process.communicate()
        steps = len(lines_of(self.run_folder / "steps.jsonl"))
        self.assertGreater(steps, 2)
        epochs = steps // 2 + 3
        self.assert_done(run("train", "--resume", "--run", self.run_folder, "--epochs", epochs))
        self.assertEqual(len(lines_of(self.run_folder / "metrics.jsonl")), epochs)
        self.check_all(lambda epoch: 2 * epoch)


if __name__ == "__main__":
    tern_process.main()
