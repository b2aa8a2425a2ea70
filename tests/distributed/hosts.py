"""Several hosts on one machine, for Open MPI: network namespaces joined by a switch. mpirun runs on one more of them.

    with hosts.Hosts(2, place) as two:
        command = two.launcher() + ["mpirun.openmpi", *two.flags(slots=2), "-n", "4", ...]
        two.cut("host1")

A host has a network of its own, a name, and a cable to the switch, one of so many bits a second and so much delay where
`link` says it (slow_switch.py). Files and process numbers are common to all.
"""

import os
import pathlib
import shutil
import stat
import subprocess
import sys
import textwrap

LOGIN = "login"  # where mpirun runs, and no rank
PREFIX = "tern-"

# Open MPI's mpirun waits for 5 minutes for a host that is gone, and for ever once it ends a job there: it must learn of
# it before tern's time-out has passed.
IMPATIENT = [word for name in ("time", "intvl", "probes") for word in ("--mca", f"oob_tcp_keepalive_{name}", "1")]

AGENT = """\
    #!/bin/sh
    # AGENT HOST COMMAND...: what ssh does, into the namespace of that address. The command is a line for a shell.
    host=host$((${1##*.} - 2))
    shift
    exec ip netns exec %(prefix)s$host unshare --uts sh -c 'hostname "$0" && eval "$@"' $host "$@"
"""


PORT = 5000
ECHOES = 200
SERVER = f"""
import socket
with socket.create_server(("", {PORT})) as listening:
    print("ready", flush=True)
    connection, _ = listening.accept()
connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
for _ in range({ECHOES}):
    connection.sendall(connection.recv(1))
while not connection.recv(1 << 20).endswith(b"x"):
    pass
connection.sendall(b"x")
"""
CLIENT = f"""
import socket, statistics, sys, time
connection = socket.create_connection(("10.77.0.3", {PORT}))
connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
def seconds(sent):
    start = time.perf_counter()
    connection.sendall(sent)
    connection.recv(1)
    return time.perf_counter() - start
latency = statistics.median(seconds(b"e") for _ in range({ECHOES})) / 2
size = int(sys.argv[1])
print(latency, size / (seconds(bytes(size - 1) + b"x") - 2 * latency))
"""


def ip(*arguments):
    subprocess.run(["ip", *map(str, arguments)], check=True, capture_output=True, text=True, timeout=20)


def why_not():
    """Why no hosts can be made here; None where they can."""
    for program in "ip", "unshare", "hostname", "mpirun.openmpi":
        if not shutil.which(program):
            return f"there is no {program}"
    if os.geteuid() != 0:
        return "only root can make network namespaces"
    try:
        with Hosts(1) as one:
            subprocess.run([*one.launcher(), "true"], check=True, capture_output=True, text=True, timeout=20)
    except subprocess.CalledProcessError as error:
        return f"network namespaces cannot be made: {error.stderr.strip()}"
    return None


def namespaces():
    listed = subprocess.run(["ip", "netns", "list"], check=True, capture_output=True, text=True, timeout=20).stdout
    return [line.split()[0] for line in listed.splitlines() if line.startswith(PREFIX)]


def remove(namespace):
    """With the processes in it; its links go with it."""
    inside = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True, timeout=20).stdout
    for pid in inside.split():
        try:
            os.kill(int(pid), 9)
        except ProcessLookupError:
            pass
    subprocess.run(["ip", "netns", "delete", namespace], capture_output=True, timeout=20)


def remove_leftovers():
    """Of tests that were killed."""
    for namespace in namespaces():
        owner = namespace[len(PREFIX):].split("-")[0]
        if not pathlib.Path("/proc", owner).exists():
            remove(namespace)


class Hosts:
    """`count` hosts for ranks, host0, host1 and so on. `place` is a folder for the files that mpirun needs."""

    def __init__(self, count, place=None, link=None):
        self.names = [f"host{i}" for i in range(count)]
        self.place = place
        self.link = link  # (bits a second, seconds)
        self.prefix = f"{PREFIX}{os.getpid()}-"
        self.switch = None

    def __enter__(self):
        remove_leftovers()
        try:
            self.make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.switch:
            self.switch.kill()
            self.switch.communicate()
        for namespace in namespaces():
            if namespace.startswith(self.prefix):
                remove(namespace)

    def make(self):
        self.make_slow_switch() if self.link else self.make_switch()
        for i, name in enumerate([LOGIN, *self.names]):
            host = self.prefix + name
            ip("-n", host, "address", "add", f"10.77.0.{i + 1}/24", "dev", "eth0")
            ip("-n", host, "link", "set", "eth0", "up")
            ip("-n", host, "link", "set", "lo", "up")
        if self.place:
            self.agent = pathlib.Path(self.place) / "agent"
            self.agent.write_text(textwrap.dedent(AGENT) % {"prefix": self.prefix})
            self.agent.chmod(self.agent.stat().st_mode | stat.S_IXUSR)

    def make_slow_switch(self):
        hosts = [self.prefix + name for name in (LOGIN, *self.names)]
        for host in hosts:
            ip("netns", "add", host)
        self.switch = subprocess.Popen([sys.executable, str(pathlib.Path(__file__).with_name("slow_switch.py")), *map(str, self.link), *hosts],
                                       stdout=subprocess.PIPE, text=True)
        if self.switch.stdout.readline() != "ready\n":
            raise OSError("the slow switch did not start")

    def make_switch(self):
        switch = self.prefix + "switch"
        ip("netns", "add", switch)
        ip("-n", switch, "link", "add", "name", "bridge", "type", "bridge")
        ip("-n", switch, "link", "set", "bridge", "up")
        for name in (LOGIN, *self.names):
            host = self.prefix + name
            ip("netns", "add", host)
            ip("-n", host, "link", "add", "name", "eth0", "type", "veth", "peer", "name", name, "netns", switch)
            ip("-n", switch, "link", "set", name, "master", "bridge", "up")

    def launcher(self):
        """What a command that is to run where nobody trains begins with."""
        name = self.prefix + LOGIN
        return ["ip", "netns", "exec", name, "unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', LOGIN]

    def flags(self, slots, notices=True):
        """Of mpirun: `slots` ranks to a host, in the order of the hosts; whether it notices a cut."""
        table = pathlib.Path(self.place) / "hosts"
        table.write_text("".join(f"10.77.0.{i + 2} slots={slots}\n" for i in range(len(self.names))))
        return ["--hostfile", str(table), "--mca", "plm_rsh_agent", str(self.agent), "--mca", "btl", "tcp,self,vader",
                *(IMPATIENT if notices else [])]

    def measured_link(self, size=64 << 20):
        """From the first to the second host, of a socket: seconds of one way, and bytes a second of so many."""
        first, second = (["ip", "netns", "exec", self.prefix + name, sys.executable, "-c"] for name in self.names[:2])
        with subprocess.Popen([*second, SERVER], stdout=subprocess.PIPE, text=True) as server:
            server.stdout.readline()
            out = subprocess.run([*first, CLIENT, str(size)], check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout
        latency, rate = map(float, out.split())
        return latency, rate

    def cut(self, name):
        """Pulls the cable: packets are lost, and no end is told."""
        ip("-n", self.prefix + "switch", "link", "set", name, "down")

    def mend(self, name):
        ip("-n", self.prefix + "switch", "link", "set", name, "up")
