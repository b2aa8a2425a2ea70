"""Jobs of several ranks of tern under mpirun, for tests: started, watched, and surely ended.

All processes of a job, on all of its hosts, inherit a variable with a value of its own, by which they are found:
launchers start sessions and process groups as they like, and may end before what they started.
"""

import dataclasses
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import uuid

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "apps"))
from tern_process import ScratchTest, clean_environment  # noqa: E402

MARK = "JOB_OF_TEST"


@dataclasses.dataclass
class Launcher:
    name: str
    program: str
    flags: list
    rank_variable: str


OPEN_MPI = Launcher("Open MPI", "mpirun.openmpi", ["--oversubscribe"], "OMPI_COMM_WORLD_RANK")
MPICH = Launcher("MPICH", "mpirun.mpich", [], "PMI_RANK")
LAUNCHERS = {"openmpi": OPEN_MPI, "mpich": MPICH}  # by the names that tern's modules have


def take_mpis():
    """The names of MPIs that follow on the command line, which unittest must not see."""
    names = []
    while sys.argv[1:] and sys.argv[1] in LAUNCHERS:
        names.append(sys.argv.pop(1))
    return names


def launchers_of(modules):
    """Of the MPIs that tern has modules for. Where it has none nothing can be tested, which ends the program."""
    if not modules:
        print("skipped: tern was built without MPI")
        sys.exit(77)
    launchers = [LAUNCHERS[module] for module in modules]
    for launcher in launchers:
        if not shutil.which(launcher.program):
            sys.exit(f"tern was built with {launcher.name}, and {launcher.program} is not there")
    return launchers


def own_environment(**changes):
    """Not that of a job this one is part of; the address sanitizer is not told of what MPI leaks."""
    of_launchers = ("OMPI_", "PMI", "SLURM_", "RANK", "WORLD_SIZE")
    own = {key: value for key, value in clean_environment().items() if not key.startswith(of_launchers)}
    as_root = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    return own | as_root | {"ASAN_OPTIONS": "detect_leaks=0"} | changes


def with_flag(arguments, flag, value):
    """Another value of a flag that is there, or the flag too."""
    arguments = list(arguments)
    if flag in arguments:
        arguments[arguments.index(flag) + 1] = value
        return arguments
    return [*arguments, flag, value]


def without_flag(arguments, flag):
    at = arguments.index(flag)
    return [*arguments[:at], *arguments[at + 2:]]


def environment_of(pid):
    """Of a process that lives; of one that ended, also where nobody asked for its status yet, none."""
    try:
        entries = pathlib.Path("/proc", str(pid), "environ").read_bytes().split(b"\0")
    except OSError:
        return {}
    return dict(entry.decode(errors="replace").split("=", 1) for entry in entries if b"=" in entry)


class Job:
    """`ranks` processes `tern ARGUMENTS` under `launcher`, or without one a single process. `own` has the whole
    arguments of ranks that get others, `own_tern` the programs of those that are others. `hosts` are those of hosts.py,
    `notices` says whether mpirun notices when one is cut off. Output goes to files in `place`."""

    def __init__(self, tern, arguments, place, *, ranks=1, launcher=None, hosts=None, own=None, own_tern=None,
                 notices=True, **environment):
        self.tern, self.launcher = pathlib.Path(tern).resolve(), launcher
        self.out, self.err = pathlib.Path(place) / "out", pathlib.Path(place) / "err"
        self.mark = uuid.uuid4().hex
        self.environment = own_environment(**environment) | {MARK: self.mark}
        own, own_tern = own or {}, own_tern or {}
        programs = [[str(own_tern.get(rank, self.tern)), *map(str, own.get(rank, arguments))] for rank in range(ranks)]
        self.command = self.launched(programs, hosts, notices) if launcher else programs[0]

    def launched(self, programs, hosts, notices):
        start = [self.launcher.program, *self.launcher.flags]
        if hosts:
            start = [*hosts.launcher(), *start, *hosts.flags(-(-len(programs) // len(hosts.names)), notices)]
        if all(program == programs[0] for program in programs):
            return [*start, "-n", str(len(programs)), *programs[0]]
        for rank, program in enumerate(programs):
            start += [*([":"] if rank else []), "-n", "1", *program]
        return start

    def __enter__(self):
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.started = time.monotonic()
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                            env=self.environment, start_new_session=True)
        return self

    def __exit__(self, *_):
        self.kill()

    def processes(self):
        """What lives of the job: process number to environment."""
        found = {}
        for folder in pathlib.Path("/proc").iterdir():
            if folder.name.isdigit():
                environment = environment_of(folder.name)
                if environment.get(MARK) == self.mark:
                    found[int(folder.name)] = environment
        return found

    def trainers(self):
        """The processes of tern that live: rank to process number."""
        found = {}
        for pid, environment in self.processes().items():
            try:
                program = os.readlink(f"/proc/{pid}/exe")
            except OSError:
                continue
            if program == str(self.tern):
                found[int(environment.get(self.launcher.rank_variable, -1)) if self.launcher else 0] = pid
        return found

    def trainer(self, rank, limit=30):
        """The process number of a rank, as soon as it runs; None if the job ends first."""
        until = time.monotonic() + limit
        while time.monotonic() < until and self.process.poll() is None:
            pid = self.trainers().get(rank)
            if pid:
                return pid
            time.sleep(0.01)
        return None

    def wait(self, limit):
        """The status of the launcher; None if it still runs after `limit` seconds."""
        try:
            return self.process.wait(max(limit, 0))
        except subprocess.TimeoutExpired:
            return None

    def wait_gone(self, limit):
        """Whether all processes of tern have ended, at the latest after `limit` seconds."""
        until = time.monotonic() + limit
        while self.trainers():
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        return True

    def kill(self):
        for _ in range(100):
            left = self.processes()
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            if not left:
                break
            time.sleep(0.02)
        self.process.wait()

    def errors(self):
        """Standard error, without what Open MPI says now and then about the process group of the agent of hosts.py."""
        lines = self.err.read_text(errors="replace").splitlines(keepends=True)
        return "".join(line for line in lines if "plm:rsh: Warning: setpgid" not in line)

    def output(self):
        return self.out.read_text(errors="replace")

    def tern_errors(self):
        """The lines on standard error that are tern's."""
        return [line for line in self.errors().splitlines() if line.startswith("tern: ")]


def run(*arguments, limit=60, **options):
    """A whole job: (status, standard error). A job that does not end raises TimeoutError."""
    with Job(*arguments, **options) as job:
        status = job.wait(limit)
        if status is None:
            raise TimeoutError(f"after {limit} s still runs: {' '.join(job.command)}\n{job.errors()}")
        return status, job.errors()
