"""Words that do not belong: in names, in code, in any text. Each with what to write instead."""

import re

from tree import Finding, line_of, without_comments

# Parts of names that say nothing about what the thing is.
NAME_PARTS = {
    "context": "say what it holds (endpoint, run, plan, …)",
    "manager": "say what it does to what (registry, cache, membership, …)",
    "handler": "name the function by what it does",
    "helper": "name it by what it does",
    "util": "name the file by its subject",
    "utils": "name the file by its subject",
    "info": "say which facts (shape, descriptor, row, …)",
    "impl": "name what it is; or move it into an unnamed namespace",
}
# Names that are not ours to choose, and the log level.
NAMES_ALLOWED = re.compile(r"LogLevel::info|\blog_info\b|\bsa_handler\b|\bcurrent_test_info\b|\b(?:std|testing|\w*json)::\w+|\b(?:fi|ibv|ucp|ucs|pmix|PMIX)_\w+")

# Where a wait may sleep on the clock: inside the wait loop, and before a communicator exists, when nobody could ring.
NO_DOORBELL = r"src/(?!base/|bootstrap/join\.cc)"
CODE = [  # (pattern, where, why and what instead)
    (r"\bgetenv\s*\(", r"(src|tools|perf)/(?!base/environment\.cc)", "read variables through base/environment.h or a row of base/config.cc"),
    (r"\bsleep_(for|until)\b|\bu?sleep\s*\(|\bnanosleep\s*\(", NO_DOORBELL, "wait with base/wait.h: it watches the communicator and a deadline"),
    (r"(?<!asm )(?<!asm__ )\bvolatile\b", r"(src|include|tools|perf)/", "use std::atomic and argue its memory order"),
    (r"\bNULL\b", r"(src|tools|perf|tests)/.*\.(cc|h)$", "write nullptr"),
    # The flight clock notes it once, for people who merge records of several hosts; nothing is decided with it.
    (r"\bsystem_clock\b|\bCLOCK_REALTIME\b|\bgettimeofday\b", r"src/(?!base/flight_clock\.cc)", "use CLOCK_MONOTONIC (base/deadline.h)"),
    (r"\bthrow\b", r"src/", "errors are values: return error(Code::…, …)"),
]
TEXT = [  # anywhere in the project
    (r"\b(TODO|FIXME|XXX|HACK)\b(?! ?\(when )", "do it, delete it, or give it a condition: TODO (when …): …"),
    (r"/work/", "a path of one machine"),
    (r"(?i)\b(this|the|an) (session|issue)\b|\bissue #?\d|\b(this|user|system)('s)? prompt\b|\blanguage model\b", "the project speaks of itself alone"),
    (r"\bpypi\.org\b|\bdeb\.debian\.org\b", "an address of a package registry; name the package"),
]
# The rules themselves, the licence and the inputs of fuzzers are quoted text.
EXEMPT = ("tests/tidy/", "tests/fuzz/corpus/", "LICENSE")

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_PART = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


def _names(path, text):
    code = NAMES_ALLOWED.sub(lambda m: " " * len(m.group()), without_comments(text))
    seen = set()
    for match in _IDENTIFIER.finditer(code):
        name = match.group()
        if path == "src/base/log.h" and name == "info":
            continue  # the level's own definition
        for part in (part.lower() for part in _PART.findall(name)):
            if part in NAME_PARTS and name not in seen:
                seen.add(name)
                yield Finding(path, line_of(code, match.start()), f"the name {name} has \"{part}\": {NAME_PARTS[part]}")


def _patterns(path, text, rows):
    for pattern, reason in rows:
        for match in re.finditer(pattern, text):
            yield Finding(path, line_of(text, match.start()), f"\"{match.group()}\": {reason}")


def check(tree):
    for path, text in tree.texts.items():
        if path.startswith(EXEMPT):
            continue
        yield from _patterns(path, text, TEXT)
        if not path.endswith((".cc", ".h", ".c")):
            continue
        if path.split("/")[0] in ("src", "include", "tools", "perf", "tests"):
            yield from _names(path, text)
        code = without_comments(text)
        yield from _patterns(path, code, [(p, reason) for p, where, reason in CODE if re.match(where, path)])
