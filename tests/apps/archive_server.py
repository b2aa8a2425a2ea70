"""A web server on this machine that hands out one archive, in the ways that servers and lines go wrong."""

import http.server
import threading
import time


class ArchiveServer(http.server.ThreadingHTTPServer):
    """Serves `body` at every path. `ways` tells how each request is answered, in turn; the last one stays.

    whole     with ranges, as a good server does
    no-range  always all of it
    cut:N     closes after N bytes of those asked for
    silent:N  sends N bytes, then nothing until `release`
    slow:S    in ten pieces, S seconds apart
    open      neither length nor ranges; half of it, then closes
    long      neither length nor ranges; more than there is
    redirect  to the path /moved
    404       and any other number: that status
    """

    daemon_threads = True

    def __init__(self, body, *ways):
        super().__init__(("127.0.0.1", 0), Handler)
        self.body, self.ways = body, list(ways)
        self.ranges = []  # the Range header of each request
        self.release = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def __exit__(self, *details):
        self.release.set()
        self.shutdown()
        super().__exit__(*details)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/cifar-10-binary.tar.gz"

    def next_way(self):
        return self.ways.pop(0) if len(self.ways) > 1 else self.ways[0]


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        asked = self.headers.get("Range")
        self.server.ranges.append(asked)
        way, _, number = self.server.next_way().partition(":")
        body = self.server.body
        if way.isdigit():
            self.answer(int(way), b"no such thing")
        elif way == "redirect":
            self.send_response(302)
            self.send_header("Location", "/moved")
            self.end_headers()
        elif way in ("open", "long"):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if way == "open" else body + body)
        elif asked and way != "no-range":
            first = int(asked.removeprefix("bytes=").removesuffix("-"))
            if first >= len(body):
                self.answer(416, b"")
            else:
                content = f"bytes {first}-{len(body) - 1}/{len(body)}"
                self.answer(206, body[first:], way, number, content)
        else:
            self.answer(200, body, way, number)

    def answer(self, status, body, way="whole", number="", content_range=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if content_range:
            self.send_header("Content-Range", content_range)
        self.end_headers()
        if way in ("cut", "silent"):
            self.wfile.write(body[: int(number)])
            if way == "silent":
                self.server.release.wait()
        elif way == "slow":
            step = len(body) // 10 + 1
            for at in range(0, len(body), step):
                self.wfile.write(body[at : at + step])
                time.sleep(float(number))
        else:
            self.wfile.write(body)
