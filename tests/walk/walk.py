#!/usr/bin/env python3
"""Counts what a reader meets on the warm walk of weftAllReduce over shared memory, and holds it against the standard.

    walk.py PROGRAM --root DIR

PROGRAM (walk_program) prints the addresses of the functions that the second call enters, in order of first entry. Names,
files and lines come from its debug information (binutils). Lines are those that hold code. A function of at most
WORD_LINES lines, so of three statements at most, is a word: it is understood where it is used. Its lines count, unless
it is a single one, which says no more than its name; but it is no function to read and no file to go to.
"""

import argparse
import bisect
import os
import re
import subprocess
import sys

WORD_LINES = 5
LIMITS = {"file changes": 5, "functions": 10, "lines": 250}


def run(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def symbol_sizes(program):
    sizes = {}
    for line in run("nm", "-S", "--defined-only", program).splitlines():
        fields = line.split()
        if len(fields) == 4 and fields[2] in "tTwWuV":
            sizes[int(fields[0], 16)] = int(fields[1], 16)
    return sizes


def line_table(program):
    """(address, file name, line), sorted by address."""
    rows = []
    for line in run("objdump", "--dwarf=decodedline", program).splitlines():
        match = re.match(r"(\S+)\s+(\d+)\s+0x([0-9a-f]+)", line)
        if match:
            rows.append((int(match[3], 16), os.path.basename(match[1]), int(match[2])))
    return sorted(rows)


def describe(program, addresses):
    """[(name, file, first line, lines with code)]"""
    sizes, rows = symbol_sizes(program), line_table(program)
    starts = [row[0] for row in rows]
    words = run("addr2line", "-f", "-C", "-e", program, *addresses).splitlines()
    found = []
    for i, address in enumerate(int(a, 16) for a in addresses):
        name, place = words[2 * i], words[2 * i + 1].split(" ")[0]
        path, line = place.rsplit(":", 1)
        if not line.isdigit():
            raise SystemExit(f"{name} at {addresses[i]} has no line in the debug information")
        inside = rows[bisect.bisect_left(starts, address):bisect.bisect_left(starts, address + sizes[address])]
        lines = {row[2] for row in inside if row[1] == os.path.basename(path)}
        found.append((re.sub(r"\(.*", "", name), os.path.realpath(path), int(line), len(lines)))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--root", required=True)
    arguments = parser.parse_args()
    root = os.path.realpath(arguments.root) + os.sep
    addresses = [line for line in run(arguments.program).splitlines() if line.startswith("0x")]
    walk = [f for f in describe(arguments.program, addresses) if f[1].startswith(root)]
    functions = [f for f in walk if f[3] > WORD_LINES]
    files = []
    for name, path, line, lines in walk:
        print(f"{'function' if lines > WORD_LINES else '    word'} {lines:4d} lines  {path.removeprefix(root)}:{line}  {name}")
    for _, path, _, _ in functions:
        if path not in files:
            files.append(path)
    counts = {"file changes": len(files) - 1, "functions": len(functions), "lines": sum(f[3] for f in walk if f[3] > 1)}
    print(f"files: {' -> '.join(path.removeprefix(root) for path in files)}")
    print(f"words: {len(walk) - len(functions)}, each of at most {WORD_LINES} lines")
    print(", ".join(f"{what} {count} (limit {LIMITS[what]})" for what, count in counts.items()))
    too_many = [what for what, limit in LIMITS.items() if counts[what] > limit]
    for what in too_many:
        print(f"TOO MANY {what}")
    return 1 if too_many or not functions else 0


if __name__ == "__main__":
    sys.exit(main())
