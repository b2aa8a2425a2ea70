"""What scripts that measure share: values of flags, and programs that answer in JSON."""

import argparse
import json
import shlex
import subprocess


class Failed(Exception):
    """A program that did not do its work; `output` is what it said of it."""

    def __init__(self, line, output=""):
        super().__init__(line)
        self.output = output


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value}, expected at least 1")
    return value


def count(number, what):
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def run(command, errors=None, environment=None):
    """What a command prints. Its standard error goes to the open file `errors`."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors or subprocess.PIPE, text=True, env=environment, check=False)
    except OSError as error:
        raise Failed(f"{command[0]}: {error.strerror}") from None
    if done.returncode:
        raise Failed(f"{shlex.join(command)}: exit status {done.returncode}", done.stderr or "")
    return done.stdout


def run_json(command, answer=None, **options):
    """The JSON object that a command prints, or leaves in the file `answer`."""
    printed = run(command, **options)
    try:
        return json.loads(answer.read_text() if answer else printed)
    except (OSError, ValueError):
        raise Failed(f"{shlex.join(command)}: wrote no JSON") from None


def missing_module(python, modules):
    """The first of the modules that an interpreter cannot import, or None."""
    for module in modules:
        if subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode:
            return module
    return None
