#!/usr/bin/env python3
"""What the pages quote of the tree is there: files, functions, macros and variables, and lines of code.

usage: names_test.py    names_test.py --self-test

Names are quoted in backticks, files also at the start of a line of an indented block. A file is named from the root, a header
as in an include line, or by its last name alone; a function by its name before "(". Lines of code are indented blocks behind a
paragraph that names C++ files or a CMakeLists.txt: each line is in one of them, whatever the space between its words.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = "apps bench cmake core data docs kernels layers models scripts tests training".split()
FILE = re.compile(r"(?<![\w./*>{}-])([\w-]+/)*[a-z]\w*\.(cpp|hpp|cu|cuh|cmake|def|py)\b(?!\.)")
CODE = re.compile(r"(?<=`)[\w/]*(\w+\.(cpp|hpp|cu|cuh|def)|CMakeLists\.txt)(?=`)")
NAME = re.compile(r"\bTERN_[A-Z_]+\b|\b[a-z]+(?:_[a-z0-9]+)+(?=\()")


def quoted(page):
    """(line number, text) of what a page quotes."""
    for number, line in enumerate(page.split("\n"), 1):
        for text in re.findall(r"`([^`]+)`", line):
            yield number, text
        if found := re.match(r"    (\S+\.\w+)  ", line):
            yield number, found[1]


def missing(page, files, text):
    """(line number, what is not there)"""
    ends = {file.split("/")[-1] for file in files}
    for number, quote in quoted(page):
        for file in (found[0] for found in FILE.finditer(quote)):
            there = ends if "/" not in file or file == "tern/version.hpp" else files
            if not there & {file, file.removeprefix("tern/"), file.removeprefix("tern/") + ".in"}:
                yield number, file
        for name in NAME.findall(quote):
            if not re.search(rf"\b{name}\b", text):
                yield number, name


def blocks(page):
    """(line number of the block, files that the paragraph before it names, its lines)"""
    paragraphs, at = page.split("\n\n"), 1
    for before, block in zip(["", *paragraphs], paragraphs):
        if block.startswith("    ") and (files := [found[0] for found in CODE.finditer(before)]):
            yield at, files, block.strip("\n").split("\n")
        at += block.count("\n") + 2


def strange(page, texts):
    """(line number, what is in none of the files that it is said to be in)"""
    for number, names, lines in blocks(page):
        quoted_files = [text for file, text in texts.items() if file.split("/")[-1] in {name.split("/")[-1] for name in names}]
        known = "\n".join(" ".join(text.split()) for text in quoted_files)
        for line in lines:
            if " ".join(line.split()) not in known:
                yield number, line.strip() + " in " + ", ".join(names)


def self_test():
    files, text = {"core/error.hpp", "version.hpp.in"}, "#define TERN_CHECK\nvoid run_pass();"
    page = "`core/error.hpp`, `error.hpp`, `tern/version.hpp`, `TERN_CHECK(a)`, `run_pass(x)`, `<op>/<op>_cuda.cu`\n    error.hpp  what"
    assert not list(missing(page, files, text)), list(missing(page, files, text))
    page = "`core/gone.hpp` `TERN_GONE`\n`run_gone(x)`\n    gone.cpp  what"
    assert list(missing(page, files, text)) == [(1, "core/gone.hpp"), (1, "TERN_GONE"), (2, "run_gone"), (3, "gone.cpp")]
    page = "In `core/a.hpp`:\n\n    int  f();\n    int g();\n\nmore\n\n    int h();\n"
    assert list(strange(page, {"core/a.hpp": "int\nf(); // f"})) == [(3, "int g(); in core/a.hpp")]
    print("self-test passed")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")] + list(ROOT.glob("*"))
    files = {path.relative_to(ROOT).as_posix(): path for path in paths if path.is_file() and path.suffix != ".pyc"}
    # Not this file, whose self-test has names of its own
    texts = {name: path.read_text(errors="replace") for name, path in files.items()
             if not name.endswith(".md") and path != Path(__file__).resolve()}
    text = "\n".join(texts.values())
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    wrong = [(page, *what) for page in pages for what in missing(page.read_text(), set(files), text)]
    wrong += [(page, *what) for page in pages for what in strange(page.read_text(), texts)]
    for page, number, what in wrong:
        print(f"{page.relative_to(ROOT)}:{number}: there is no {what}")
    print(f"{len(pages)} pages, {len(wrong)} quotes of what is not there")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
