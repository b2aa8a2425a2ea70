"""What trials.py does to a job, and what it must say then."""

import os
import re
import shutil
import signal
import subprocess

import jobs

LINE = r"tern: rank {rank} on \S+: \[.*\] "  # where `rank` failed
# The launchers' words; the last where a rank dies before it has joined.
DIED = (r"exited on signal \d+ |BAD TERMINATION OF ONE OF YOUR APPLICATION PROCESSES|"
        r"process returned\s+a non-zero exit code")
# While ranks join, or leave, nobody knows which one is missing.
START = LINE.format(rank=r"\d+").replace(".*", "MPI") + "waited 3 s for all ranks to (start|end)"
WAITED = LINE.format(rank=r"\d+") + r"waited 3 s\b.*{who}"


class Disk:
    """A file system of its own, small, to be filled."""

    SIZE = 16 << 20

    def __init__(self, folder):
        self.folder = folder

    def __enter__(self):
        self.folder.mkdir()
        try:
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.SIZE}", "none", self.folder], check=True,
                           capture_output=True, text=True, timeout=20)
        except BaseException:
            self.folder.rmdir()
            raise
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "--lazy", self.folder], check=True, capture_output=True, timeout=20)
        self.folder.rmdir()

    def fill(self):
        try:
            with open(self.folder / "ballast", "wb", buffering=0) as file:
                while True:
                    file.write(bytes(1 << 16))
        except OSError:
            pass

    def free(self):
        (self.folder / "ballast").unlink()


def why_no_disk(place):
    """Why no file system can be made."""
    if os.geteuid() != 0:
        return "only root can mount a small disk"
    try:
        with Disk(place / "disk-to-try"):
            return None
    except subprocess.CalledProcessError as error:
        return f"no small disk can be mounted: {error.stderr.splitlines()[0]}"


class Fault:
    """One of a trial. `during` says whether it comes while the job runs, or is in what the ranks are started with."""

    during = True
    hosts_only = False
    needs_disk = False
    mpirun_notices = True  # that it must end

    def __init__(self, trial):
        self.trial, self.victim = trial, trial.dice.randrange(trial.ranks)

    def own(self, arguments):
        """Arguments of ranks that have others."""
        return {}

    def happen(self, job):
        """False where the job ended before."""
        raise NotImplementedError

    def told(self, err):
        """Whether the line is there that must be, in what tern and the launcher have said."""
        raise NotImplementedError

    def __str__(self):
        return f"{self.name} of rank {self.victim}"


class Signal(Fault):
    def happen(self, job):
        pid = job.trainer(self.victim)
        try:
            os.kill(pid, self.number)
        except (TypeError, ProcessLookupError):
            return False
        return True


class Killed(Signal):
    name, number = "kill", signal.SIGKILL

    def told(self, err):
        return re.search(DIED, err) is not None


class Stopped(Signal):
    name, number = "stop", signal.SIGSTOP

    def told(self, err):
        return re.search(f"{START}|{WAITED.format(who=rf'rank {self.victim} on ')}", err) is not None


class Cut(Fault):
    name = "cut"
    hosts_only = True

    def __init__(self, trial):
        super().__init__(trial)
        self.host = trial.dice.choice(trial.hosts.names)
        self.mpirun_notices = trial.dice.random() < 0.5

    def happen(self, job):
        if not job.trainer(self.victim):
            return False
        # While it starts ranks it waits for answers, and does not look.
        self.mpirun_notices = self.mpirun_notices and (self.trial.run / "config.toml").exists()
        self.trial.hosts.cut(self.host)
        return True

    def told(self, err):
        lost = r"lost communication with a remote daemon(?s:.*) on node 10\.77\.0\."  # mpirun's
        lost += "|unable to reliably start one or more daemons"  # where it did not get as far as ranks
        return re.search(f"{lost}|{START}|{WAITED.format(who='ranks? [0-9]')}", err) is not None

    def __str__(self):
        return f"cut of {self.host}" + (", which mpirun notices" if self.mpirun_notices else "")


class FullDisk(Fault):
    name = "full disk"
    needs_disk = True

    def __init__(self, trial):
        super().__init__(trial)
        self.victim = 0

    def happen(self, job):
        if not job.trainer(0):
            return False
        self.trial.disk.fill()
        return job.process.poll() is None

    def told(self, err):
        return re.search(LINE.format(rank=0) + ".*No space left on device", err) is not None


class LostData(Fault):
    """The file that one rank has mapped gets shorter, as on a server that is replaced: SIGBUS."""

    name = "lost data"

    def own(self, arguments):
        self.copy = self.trial.place / "own-set"
        shutil.copytree(self.trial.set, self.copy)
        return {self.victim: jobs.with_flag(arguments, "--data", self.copy)}

    def happen(self, job):
        if not job.trainer(self.victim):
            return False
        # To nothing: of a page that is there in part the rest would be zeros.
        os.truncate(self.copy / "train.safetensors", 0)
        os.truncate(self.copy / "test.safetensors", 0)
        return job.process.poll() is None

    def told(self, err):
        refused = rf"tern: .*rank {self.victim} on \S+: \[.*\.safetensors\]"  # before it was mapped
        return re.search(f"{DIED}|{refused}", err) is not None


class Refused(Fault):
    during = False

    def happen(self, job):
        return True

    def told(self, err):
        lines = [line for line in err.splitlines() if line.startswith("tern: ")]
        which_and_how = rf"rank \d+ on \S+ has .*{self.what} .*, rank 0 on \S+ has "
        return len(lines) == 1 and re.search(which_and_how, lines[0]) is not None


class OtherFlags(Refused):
    CHOICES = [("--augment", "crop-flip"), ("--batch-size", "17"), ("--epochs", "3"), ("--kernels", "ref"),
               ("--lr", "0.01"), ("--normalize", "half"), ("--precision", "float64"), ("--save-every", "2"),
               ("--seed", "5"), ("--weight-decay", "0.1")]

    def __init__(self, trial):
        super().__init__(trial)
        self.what, self.value = trial.dice.choice(self.CHOICES)

    def own(self, arguments):
        return {self.victim: jobs.with_flag(arguments, self.what, self.value)}

    def __str__(self):
        return f"{self.what} {self.value} on rank {self.victim}"


class OtherData(Refused):
    what = "--data"

    def __init__(self, trial):
        super().__init__(trial)
        self.split = trial.dice.choice(["train", "test"])

    def own(self, arguments):
        copy = self.trial.place / "own-set"
        shutil.copytree(self.trial.set, copy)
        # The last label but one: sizes and dates stay.
        file = copy / f"{self.split}.safetensors"
        status = file.stat()
        data = bytearray(file.read_bytes())
        data[-2] = (data[-2] + 1) % 4
        file.write_bytes(data)
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
        return {self.victim: jobs.with_flag(arguments, "--data", copy)}

    def __str__(self):
        return f"another {self.split} set on rank {self.victim}"


FAULTS = [Killed, Stopped, Cut, FullDisk, LostData, OtherFlags, OtherData]
