#!/usr/bin/env python3
"""Plants bugs into copies of sources. Which of them a program has, it chooses at run time.

    plant.py BUGS SOURCES OUT    BUGS: a list like bugs.txt; SOURCES: the folder of the files that it names; OUT: for copies

Writes OUT/<file> for every file named, where the variable `planted` (planted.h) holds the number of the bug that is
awake, and OUT/bugs.inc with the names. A bug replaces a statement (it ends with a semicolon or a brace) or an expression that
stands in its file once.
"""

import pathlib
import sys
from dataclasses import dataclass, field


@dataclass
class Bug:
    name: str
    file: str = ""
    right: list = field(default_factory=list)
    wrong: list = field(default_factory=list)


def read_bugs(text):
    bugs = []
    for line in text.splitlines():
        if line.startswith("## "):
            bugs.append(Bug(line[3:]))
        elif line.startswith("in "):
            bugs[-1].file = line[3:]
        elif line.startswith("- "):
            bugs[-1].right.append(line[2:])
        elif line.startswith("+"):
            bugs[-1].wrong.append(line[2:])
    return bugs


def plant(text, number, bug):
    """The original stays last in what replaces it, so that another bug can be planted at the same place."""
    right, wrong = "\n".join(bug.right), "\n".join(bug.wrong)
    if "BUG" in wrong:
        both = wrong.replace("BUG", f"(planted == {number})")
    elif right.endswith((";", "}")):
        both = f"{{ if (planted == {number}) {{ {wrong} }} else {{ {right} }} }}"
    else:
        both = f"(planted == {number} ? ({wrong}) : ({right}))"
    before, found, after = text.rpartition(right)
    if not found:
        sys.exit(f'"{bug.name}": another bug has taken its place in {bug.file}')
    return before + both + after


def main():
    bugs_file, sources, out = map(pathlib.Path, sys.argv[1:])
    bugs = read_bugs(bugs_file.read_text())
    originals = {file: (sources / file).read_text() for file in {bug.file for bug in bugs}}
    for bug in bugs:
        found = originals[bug.file].count("\n".join(bug.right))
        if found != 1:
            sys.exit(f'{bugs_file}: "{bug.name}": what it replaces stands in {bug.file} {found} times, not once')
    copies = dict(originals)
    for number, bug in sorted(enumerate(bugs, 1), key=lambda one: -len("\n".join(one[1].right))):
        copies[bug.file] = plant(copies[bug.file], number, bug)
    out.mkdir(parents=True, exist_ok=True)
    for file, text in copies.items():
        (out / file).write_text('#include "simulation/bugs/planted.h"\n' + text)
    (out / "bugs.inc").write_text("".join(f'"{bug.file}: {bug.name}",\n' for bug in bugs))


main()
