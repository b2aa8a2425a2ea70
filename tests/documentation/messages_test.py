#!/usr/bin/env python3
"""Every error line that a page of docs/ quotes can be said: its constant parts stand in one statement of the sources.
And the library names nothing of the program: no flag, no command.

usage: messages_test.py    messages_test.py --self-test

Quoted are the first cells of tables whose first heading is "line". In them `...`, WORDS in capitals, numbers and what
stands in double quotes vary. Lines of other programs are in tables whose first heading is "line of another program".
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
VARIES = re.compile(r'\.\.\.|"[^"]*"|cuda:\w|(?<![\w-])[A-Z][A-Z_]*\b(?![=])|(?<![\w-])\d[\w.:]*')
LIBRARY = ["core", "data", "kernels", "layers", "models", "training"]
OF_THE_PROGRAM = re.compile(r"(?<![\w-])--[a-z]|\btern (completion|data|evaluate|export|info|predict|prune|quantize|report|summary|train|tune)\b")
FEWEST = 10  # letters of the constant parts: a line with fewer says too little


def statements(text):
    """The string literals of each statement of C++, one string each, \\0 where something stands between two."""
    text = re.sub(r"^\s*(//|#include).*$", "", text, flags=re.M)
    result, at, line = [], 0, ""
    for literal in LITERAL.finditer(text):
        between = text[at : literal.start()]
        if ";" in between:
            result.append(line)
            line = ""
        elif between.strip() not in ("", ","):
            line += "\0"
        line += literal[1].replace('\\"', '"').replace("\\\\", "\\")
        at = literal.end()
    return [*result, line]


def sources():
    """Everything that can be said: statements of C++, lines of scripts and CMake files."""
    folders = ["apps", "cmake", "core", "data", "distributed", "kernels", "layers", "models", "scripts", "training"]
    files = [path for folder in folders for path in sorted((ROOT / folder).rglob("*")) if path.is_file() and path.suffix != ".pyc"]
    files.append(ROOT / "CMakeLists.txt")
    texts = []
    for name in (path.relative_to(ROOT).as_posix() for path in files):
        if re.search(r"\.(cpp|hpp|cu|cuh)$", name):
            texts += statements((ROOT / name).read_text())
        elif re.match(r"scripts/|cmake/.*\.cmake(\.in)?$|CMakeLists\.txt$", name):
            texts += (ROOT / name).read_text().split("\n")
    return texts


def said_of_the_program():
    """(file, statement) where the library says a flag or a command of the program."""
    for path in (path for folder in LIBRARY for path in sorted((ROOT / folder).rglob("*.[ch]*"))):
        for line in statements(path.read_text()):
            if OF_THE_PROGRAM.search(line):
                yield path.relative_to(ROOT), line


def constant_parts(line):
    line = re.sub(r"^(tern|train): ", "", line)
    line = re.sub(r"^\[[^]]*\] ", "", line)  # who says it
    return [part for part in VARIES.split(line) if re.search(r"\w\w", part)]


def can_be_said(line, texts):
    parts = [part.strip(" ;:,()'") for part in constant_parts(line)]
    if sum(map(len, parts)) < FEWEST:
        return False
    pattern = re.compile(".*".join(map(re.escape, parts)), re.S)
    return any(pattern.search(text) for text in texts)


def quoted(page):
    """The lines in the first cells of a page's tables."""
    heading = None
    for row in page.read_text().split("\n"):
        if not row.startswith("|"):
            heading = None
            continue
        cell = row.strip("|").split(" | ")[0].strip()
        if heading is None:
            heading = cell
        elif heading == "line":
            yield from re.findall(r"`([^`]+)`", cell)


def self_test():
    texts = statements('fail(a, "sample ", n, " has label ",\n  "too " "high, got \\"", x); say("another thing");')
    assert can_be_said("tern: [FILE] sample 3 has label too high, got ...", texts)
    assert not can_be_said("tern: [FILE] sample 3 has label too low, got ...", texts)
    assert not can_be_said("tern: [FILE] sample 3 another thing", texts), "two statements"
    assert not can_be_said("tern: [FILE] N ...", texts), "nothing constant"
    assert OF_THE_PROGRAM.search("a lower --lr may help") and OF_THE_PROGRAM.search("; tern data fetch brings it")
    assert not OF_THE_PROGRAM.search("a lower learning rate may help; tern reads the data --- all")
    print("self-test passed")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    texts = sources()
    lines = [(page.name, line) for page in sorted((ROOT / "docs").glob("*.md")) for line in quoted(page)]
    wrong = [(page, line) for page, line in lines if not can_be_said(line, texts)]
    for page, line in wrong:
        print(f"docs/{page}: no source says this: {line}")
    print(f"{len(lines)} lines, {len(wrong)} that nothing says")
    named = list(said_of_the_program())
    for path, line in named:
        print(f"{path}: the library names what only the program has: {line}")
    if wrong or named or len(lines) < 30:
        sys.exit(1)


if __name__ == "__main__":
    main()
