#!/usr/bin/env python3
"""`tern data fetch` against a server on this machine.  usage: data_fetch_test.py TERN [unittest's arguments]"""

import fcntl
import gzip
import hashlib
import io
import os
import pathlib
import pty
import random
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tarfile
import tempfile
import termios
import time
import unittest

from archive_server import ArchiveServer

FOLDER = "cifar-10-batches-bin"
TRAIN = [f"data_batch_{i}.bin" for i in range(1, 6)]
SAMPLE = 3073


def samples(count, seed=0, label=3):
    pixels = random.Random(seed)
    return b"".join(bytes([label]) + pixels.randbytes(SAMPLE - 1) for _ in range(count))


def small_set():
    files = {name: samples(8, i) for i, name in enumerate(TRAIN)}
    files["test_batch.bin"] = samples(4, 5)
    files["batches.meta.txt"] = b"".join(b"class %d\n" % i for i in range(10))
    files["readme.html"] = b"<p>skipped</p>"
    return {f"{FOLDER}/{name}": content for name, content in files.items()}


def member(name, content=b"", **changes):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in changes.items():
        setattr(info, key, value)
    return info, content


def pack(files, *more):
    """A .tar.gz of files by name and of more members."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as tar:
        folder = tarfile.TarInfo(FOLDER)
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        for info, content in [member(*item) for item in files.items()] + list(more):
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


class FetchTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="tern-test-")
        self.addCleanup(scratch.cleanup)
        self.home = pathlib.Path(scratch.name)
        self.cache = self.home / "cache"
        self.set = self.cache / FOLDER
        self.part = self.cache / "cifar-10-binary.tar.gz.part"
        self.archive = pack(small_set())

    def serve(self, *ways, body=None):
        return self.enterContext(ArchiveServer(self.archive if body is None else body, *ways))

    def start(self, *arguments, **options):
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        # A relative folder counts as none.
        environment = {"HOME": str(self.home), "XDG_CACHE_HOME": "cache", "NO_PROXY": "*", "TERM": "xterm"} | {
            key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS")}
        return subprocess.Popen([TERN, "data", "fetch", *map(str, arguments)], env=environment, text=True, **options)

    def fetch(self, url, *arguments, archive=None, **options):
        """Runs it to its end: status, standard output, standard error."""
        archive = archive or self.archive
        expected = ["--size", len(archive), "--md5", hashlib.md5(archive).hexdigest()]
        run = self.start(self.cache, "--url", url, *expected, *arguments, **options)
        out, err = run.communicate(timeout=120)
        return run.returncode, out, err

    def check_fails(self, line, url, *arguments, **options):
        status, _, err = self.fetch(url, *arguments, **options)
        self.assertEqual(err, f"tern: {line}\n")
        self.assertEqual(status, 1)
        self.assertFalse(self.set.exists())
        if self.cache.is_dir():
            self.assertLessEqual(os.listdir(self.cache), [self.part.name])

    def check_fetched(self, result):
        self.assertEqual(result[2], "")
        self.assertEqual(result[0], 0)
        wanted = {name for name in small_set() if not name.endswith("readme.html")}
        self.assertEqual({f"{FOLDER}/{path.name}" for path in self.set.iterdir()}, wanted)
        for name in wanted:
            self.assertEqual((self.cache / name).read_bytes(), small_set()[name])
        self.assertEqual(os.listdir(self.cache), [FOLDER])

    def kept(self, count):
        return f"; {count} of {len(self.archive)} bytes are kept, run it again to continue"


class Downloads(FetchTest):
    def test_a_set_is_fetched_once(self):
        server = self.serve("whole")
        result = self.fetch(server.url)
        self.check_fetched(result)
        self.assertEqual(result[1].splitlines()[1], f"{self.set}: 40 training and 4 test samples of 10 classes")
        again = self.fetch(server.url)
        self.check_fetched(again)
        self.assertEqual(again[1], f"Already there: {self.set}: 40 training and 4 test samples of 10 classes\n")
        self.assertEqual(server.ranges, [None])

    def test_the_default_folder(self):
        server = self.serve("whole")
        expected = ["--size", len(self.archive), "--md5", hashlib.md5(self.archive).hexdigest().upper()]
        self.assertEqual(self.start("--url", server.url, *expected).communicate(timeout=120)[1], "")
        self.assertTrue((self.home / ".cache" / "tern" / FOLDER / "test_batch.bin").exists())

    def test_a_redirect_is_followed(self):
        self.check_fetched(self.fetch(self.serve("redirect", "whole").url))

    def test_redirects_end(self):
        server = self.serve("redirect")
        self.check_fails(f"[{server.url}] cannot be downloaded: Maximum (5) redirects followed", server.url)

    def test_a_broken_connection_is_taken_up(self):
        server = self.serve("cut:50000", "cut:7", "whole")
        self.check_fetched(self.fetch(server.url))
        self.assertEqual(server.ranges, [None, "bytes=50000-", "bytes=50007-"])

    def test_what_came_is_kept_for_the_next_run(self):
        server = self.serve("cut:50000", "503")
        self.check_fails(f"[{server.url}] the server answered 503{self.kept(50000)}", server.url)
        self.assertEqual(self.part.read_bytes(), self.archive[:50000])
        server = self.serve("whole")
        self.check_fetched(self.fetch(server.url))
        self.assertEqual(server.ranges, ["bytes=50000-"])

    def test_a_server_without_ranges_starts_again(self):
        self.cache.mkdir()
        self.part.write_bytes(self.archive[:50000])
        server = self.serve("no-range")
        self.check_fetched(self.fetch(server.url))
        self.assertEqual(server.ranges, ["bytes=50000-", None])

    def test_a_whole_part_needs_no_server(self):
        self.cache.mkdir()
        self.part.write_bytes(self.archive)
        self.check_fetched(self.fetch("http://127.0.0.1:1/"))

    def test_a_part_of_something_longer_starts_again(self):
        self.cache.mkdir()
        self.part.write_bytes(self.archive + b"more")
        self.check_fetched(self.fetch(self.serve("whole").url))

    def test_a_server_that_sends_nothing_is_left(self):
        server = self.serve("silent:50000", "silent:0")
        status, _, err = self.fetch(server.url, "--patience", 1)
        self.assertEqual(status, 1)
        self.assertIn("cannot be downloaded: Operation too slow", err)
        self.assertTrue(err.endswith(f"{self.kept(50000)}\n"), err)

    def test_a_server_that_refuses(self):
        server = self.serve("404")
        self.check_fails(f"[{server.url}] the server answered 404", server.url)
        self.assertEqual(os.listdir(self.cache), [])

    def test_no_server_and_no_such_name(self):
        for url in ("http://127.0.0.1:1/a", "http://no-such-name.invalid/a"):
            status, _, err = self.fetch(url, "--patience", 3)
            self.assertEqual(status, 1)
            self.assertTrue(err.startswith(f"tern: [{url}] cannot be downloaded: "), err)
            self.assertEqual(err.count("\n"), 1)

    def test_an_interrupted_run_keeps_what_came(self):
        for number in signal.SIGTERM, signal.SIGHUP:
            self.check_interrupted(number)
            shutil.rmtree(self.cache)

    def check_interrupted(self, number):
        server = self.serve("silent:50000")
        expected = ["--size", len(self.archive), "--md5", hashlib.md5(self.archive).hexdigest()]
        run = self.start(self.cache, "--url", server.url, *expected)
        while not self.part.exists() or self.part.stat().st_size < 50000:
            self.assertIsNone(run.poll())
            time.sleep(0.01)
        self.check_fails(f"[{self.part}] is in use: another tern data fetch is writing it", server.url)
        run.send_signal(number)
        _, err = run.communicate(timeout=30)
        self.assertEqual(err, f"tern: [{server.url}] interrupted{self.kept(50000)}\n")
        self.assertEqual(run.returncode, 128 + number)
        self.check_fetched(self.fetch(self.serve("whole").url))

    def test_a_full_disk(self):
        server = self.serve("whole")
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50000, 50000))
        self.check_fails(f"[{self.part}] cannot be written: File too large", server.url, preexec_fn=limit)
        self.assertEqual(self.part.read_bytes(), self.archive[:50000])
        self.check_fetched(self.fetch(server.url))

    def test_what_a_killed_run_left_is_removed(self):
        (self.cache / f".{FOLDER}.part-1").mkdir(parents=True)
        self.check_fetched(self.fetch(self.serve("whole").url))

    def test_a_folder_that_cannot_be_made(self):
        self.cache.write_text("a file")
        self.check_fails(f"[{self.cache}] cannot be made: Not a directory", self.serve("whole").url)

    def test_the_line_on_a_terminal(self):
        terminal, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 30, 0, 0))
        server = self.serve("slow:0.1")
        status, _, _ = self.fetch(server.url, stderr=side)
        os.close(side)
        text = os.read(terminal, 1 << 16).decode()
        os.close(terminal)
        self.assertEqual(status, 0)
        lines = text.split("\r")[1:]
        self.assertGreater(len(lines), 2)
        self.assertRegex(lines[-2], r"^ *\d+%  \d+\.\d KiB of \d+\.\d KiB")
        self.assertTrue(all(len(line.removesuffix("\x1b[K")) <= 29 for line in lines), lines)
        self.assertEqual(lines[-1], "\x1b[K")


class WrongBytes(FetchTest):
    def test_wrong_bytes_are_removed(self):
        wrong = bytearray(self.archive)
        wrong[50000] ^= 1
        server = self.serve("whole", body=bytes(wrong))
        found, wanted = hashlib.md5(wrong).hexdigest(), hashlib.md5(self.archive).hexdigest()
        self.check_fails(f"[{server.url}] the download has MD5 {found}, expected {wanted}; removed", server.url)
        self.assertEqual(os.listdir(self.cache), [])

    def test_another_size_is_not_downloaded(self):
        self.cache.mkdir()
        self.part.write_bytes(self.archive[:50000])
        server = self.serve("no-range", body=self.archive[:-1])
        size = len(self.archive)
        self.check_fails(f"[{server.url}] has {size - 1} bytes, expected {size}", server.url)
        self.assertEqual(self.part.read_bytes(), self.archive[:50000])

    def test_a_part_beyond_the_servers_archive(self):
        self.cache.mkdir()
        self.part.write_bytes(self.archive[:50000])
        server = self.serve("whole", body=b"short")
        self.check_fails(f"[{server.url}] has 5 bytes, expected {len(self.archive)}", server.url)
        self.assertEqual(server.ranges, ["bytes=50000-", None])

    def test_an_answer_without_length(self):
        server = self.serve("open")
        half = len(self.archive) // 2
        self.check_fails(f"[{server.url}] ended too early{self.kept(half)}", server.url)
        server = self.serve("long")
        self.check_fails(f"[{server.url}] has more than the expected {len(self.archive)} bytes", server.url)


class WrongArchives(FetchTest):
    def check_archive(self, line, archive):
        """The line without its place, of an archive with the right MD5."""
        server = self.serve("whole", body=archive)
        self.check_fails(f"[{server.url}] {line}", server.url, archive=archive)
        self.assertEqual(os.listdir(self.cache), [])

    def test_no_archive(self):
        self.check_archive("cannot be unpacked: Unrecognized archive format", b"<html>Please log in</html>" * 99)

    def test_a_cut_archive(self):
        tar = gzip.decompress(self.archive)
        for cut in (self.archive[: len(self.archive) // 2], gzip.compress(tar[: len(tar) // 2])):
            server = self.serve("whole", body=cut)
            status, _, err = self.fetch(server.url, archive=cut)
            self.assertEqual(status, 1)
            self.assertRegex(err, rf"^tern: \[{server.url}\] cannot be unpacked: [Tt]runcated .*\n$")
            self.assertEqual(os.listdir(self.cache), [])

    def test_entries_that_lead_out(self):
        for name in ("/etc/passwd", f"{FOLDER}/../../test_batch.bin", ".."):
            self.check_archive(f"entry {name} leads out of the archive", pack(small_set(), member(name, b"x")))

    def test_entries_that_are_no_files(self):
        name = f"{FOLDER}/data_batch_2.bin"
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
            odd = member(name, type=kind, linkname="/etc/passwd")
            self.check_archive(f"entry {name} is neither a file nor a folder", pack(small_set(), odd))

    def test_an_entry_twice(self):
        archive = pack(small_set(), member(f"{FOLDER}/test_batch.bin", samples(4)))
        self.check_archive("has test_batch.bin twice", archive)

    def test_entries_that_are_too_large(self):
        for name, most in (("data_batch_1.bin", 10000 * SAMPLE), ("batches.meta.txt", 262144)):
            files = small_set() | {f"{FOLDER}/{name}": bytes(most + 1)}
            self.check_archive(f"entry {name} has more than {most} bytes", pack(files))

    def check_set(self, line, files):
        archive = pack(files)
        server = self.serve("whole", body=archive)
        self.check_fails(f"[{server.url}] holds no complete set: {line}", server.url, archive=archive)

    def test_a_set_that_is_not_whole(self):
        def without(name):
            return {key: value for key, value in small_set().items() if not key.endswith(name)}

        self.check_set("it is not the complete set, missing: data_batch_3.bin", without("data_batch_3.bin"))
        self.check_set("data_batch_2.bin has 7 samples, expected 8 as in data_batch_1.bin",
                       small_set() | {f"{FOLDER}/data_batch_2.bin": samples(7)})
        self.check_set("test_batch.bin sample 0 has label 10, expected 0 to 9",
                       small_set() | {f"{FOLDER}/test_batch.bin": samples(4, label=10)})

    def test_a_folder_that_is_in_the_way(self):
        self.set.mkdir(parents=True)
        status, _, err = self.fetch("http://127.0.0.1:1/")
        self.assertEqual(status, 1)
        self.assertTrue(err.startswith(f"tern: [{self.set}] holds no data set"), err)
        self.assertTrue(self.set.is_dir())


if __name__ == "__main__":
    TERN = sys.argv.pop(1)
    unittest.main()
