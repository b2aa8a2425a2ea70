"""What every page of `tern report` must be, read without a browser."""

import json
import re
from html.parser import HTMLParser

LIMIT = 1_500_000  # bytes
VOID = {"meta", "link", "img", "br", "input", "line", "polyline", "circle", "rect"}


class Page(HTMLParser):
    """Collects faults, ids, headings, the text, and the numbers in the page."""

    def __init__(self, path):
        super().__init__(convert_charrefs=True)
        self.bytes = path.read_bytes()
        self.source = self.bytes.decode("utf-8")  # strictly
        self.open, self.faults, self.ids, self.headings, self.images, self.json = [], [], [], [], [], ""
        self.words, self.referred = [], []
        self.feed(self.source)
        self.close()
        self.faults += [f"<{tag}> is not closed" for tag in self.open]
        self.text = " ".join(" ".join(self.words).split())
        self.data = json.loads(self.json)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if len(values) != len(attributes):
            self.faults.append(f"<{tag}> has an attribute twice: {attributes}")
        self.check(tag, values)
        if "id" in values:
            self.ids.append(values["id"])
        for name in "aria-labelledby", "for":
            self.referred += values.get(name, "").split()
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def check(self, tag, values):
        for name in values:
            if name.startswith("on"):
                self.faults.append(f"<{tag}> has {name}")
        for name in "src", "href", "action", "data", "poster", "srcset", "xlink:href":
            if not values.get(name, "data:").startswith(("data:", "#")):
                self.faults.append(f"<{tag}> loads {values[name]}")
        if tag == "img":
            self.images.append(values)
            if not values.get("alt"):
                self.faults.append("an image has no text in its place")
        if tag == "th" and values.get("scope") not in ("row", "col"):
            self.faults.append("a heading of a table has no scope")
        if tag in ("iframe", "object", "embed", "base", "form"):
            self.faults.append(f"there is a <{tag}>")

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing, at {self.getpos()}")

    def handle_data(self, data):
        inside = self.open[-1] if self.open else ""
        if inside == "script" and data.startswith('{"tern"'):
            self.json += data
        elif inside not in ("script", "style"):
            self.words.append(data)

    def all_faults(self, limit=LIMIT):
        faults = list(self.faults)
        faults += [f"id {one} stands {self.ids.count(one)} times" for one in set(self.ids) if self.ids.count(one) > 1]
        faults += [f"nothing has the id {one}" for one in self.referred if one not in self.ids]
        if self.headings[:1] != [1] or self.headings.count(1) != 1:
            faults.append("there is not one first heading")
        faults += [f"a heading {b} follows a {a}" for a, b in zip(self.headings, self.headings[1:]) if b > a + 1]
        if not self.source.startswith('<!DOCTYPE html>\n<html lang="en">'):
            faults.append("it does not begin as a page")
        style = "".join(re.findall(r"<style>(.*?)</style>", self.source, re.S))
        if re.search(r"url\(|@import|@font-face", style):
            faults.append("the style loads something")
        if len(self.bytes) > limit:
            faults.append(f"it has {len(self.bytes)} bytes")
        return faults
