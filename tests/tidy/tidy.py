#!/usr/bin/env python3
"""The tidy test: rules about the tree itself. Prints what it finds, one line each; exit status 1 if anything.

    tests/tidy/tidy.py [--generated PAGE=PROGRAM]...    also: PAGE is what PROGRAM prints
"""

import argparse
import pathlib
import subprocess
import sys

import documents
import layers
import lengths
import words
from tree import Finding, read_tree

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = (layers.check, lengths.check, words.check, documents.check)


def stale_pages(tree, generated):
    for page, program in generated:
        printed = subprocess.run(program, check=True, capture_output=True, text=True).stdout
        if tree.texts.get(page) != printed:
            yield Finding(page, 1, "differs from what the sources say; `make docs` writes it anew")


def main():
    parser = argparse.ArgumentParser(description="Rules about the tree itself.")
    parser.add_argument("--generated", action="append", default=[], metavar="PAGE=PROGRAM", type=lambda s: s.split("=", 1))
    arguments = parser.parse_args()

    tree = read_tree(ROOT)
    findings = [finding for rule in RULES for finding in rule(tree)]
    findings += stale_pages(tree, arguments.generated)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
