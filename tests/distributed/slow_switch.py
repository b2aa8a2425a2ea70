"""slow_switch.py BITS_PER_SECOND DELAY NAMESPACE...: joins network namespaces by cables of that rate and delay.

Each namespace gets a device eth0; the first has address 10.77.0.1, the second 10.77.0.2 and so on. A packet leaves when
the one before it on its sender's cable has left and its own bits have, enters the receiver's cable meanwhile unless
another packet is on it, and is there after the delay: what `tc qdisc add ... netem rate R delay D` does, for kernels
without it. Prints "ready", and ends when it is killed.
"""

import fcntl
import heapq
import itertools
import os
import pathlib
import select
import struct
import subprocess
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
MTU = 65_000  # few packets, each of which costs some 50 us here
QUEUE = 1_000


def device(namespace, index):
    """What is sent from a new eth0 of the namespace is read from the descriptor, and what is written there arrives."""
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    name = f"tern{os.getpid()}-{index}"[-15:]
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    for command in (["link", "set", name, "netns", namespace, "name", "eth0"],
                    ["-n", namespace, "link", "set", "eth0", "mtu", str(MTU), "txqueuelen", str(QUEUE)]):
        subprocess.run(["ip", *command], check=True, timeout=20)
    return tun


def relay(devices, seconds_per_byte, delay):
    sender_free, receiver_free = [0.0] * len(devices), [0.0] * len(devices)
    waiting, order = [], itertools.count()
    place_of = {tun: i for i, tun in enumerate(devices)}
    while True:
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            _, _, receiver, packet = heapq.heappop(waiting)
            os.write(devices[receiver], packet)
            now = time.monotonic()
        for tun in select.select(devices, [], [], waiting[0][0] - now if waiting else None)[0]:
            packet = os.read(tun, MTU + 100)
            if packet[0] >> 4 != 4 or packet[16:19] != bytes((10, 77, 0)) or not 0 < packet[19] <= len(devices):
                continue  # only IPv4 between these
            sender, receiver = place_of[tun], packet[19] - 1
            own = len(packet) * seconds_per_byte
            left = max(time.monotonic(), sender_free[sender]) + own
            came = max(left, receiver_free[receiver] + own)
            sender_free[sender], receiver_free[receiver] = left, came
            heapq.heappush(waiting, (came + delay, next(order), receiver, packet))


def main():
    rate, delay, *namespaces = sys.argv[1:]
    pathlib.Path("/proc/self/timerslack_ns").write_text("1")
    devices = [device(namespace, i) for i, namespace in enumerate(namespaces)]
    print("ready", flush=True)
    relay(devices, 8 / float(rate), float(delay))


if __name__ == "__main__":
    main()
