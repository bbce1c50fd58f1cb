"""No file over 500 lines, no function over 70. What is over stands in ratchet.txt, which only shrinks."""

import re

from tree import Finding, line_of, without_comments

FILE_LINES = 500
FUNCTION_LINES = 70
RATCHET = "tests/tidy/ratchet.txt"

_NAME = re.compile(r"([~\w:]+)\s*\(")


def _opens_function(head):
    """The name if a brace after this text opens a function's body: it has parameters, and is no initialiser."""
    head = re.sub(r"\balignas\s*\([^)]*\)|\boperator\b[^\w(]*(?:\(\))?", lambda m: "operator" if m.group()[0] == "o" else "", head)
    while True:
        shorter = re.sub(r"<[^<>]*>", "", head)
        if shorter == head:
            break
        head = shorter
    name = _NAME.search(head)
    return name.group(1) if name and "=" not in head[:name.start()] else None


def functions(text):
    """(name, first line, number of lines) of each function body that stands in no other function."""
    code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\.)*(?:\\\n(?:[^\n\\]|\\.)*)*", lambda m: re.sub(r"[^\n]", " ", m.group()),
                  without_comments(text), flags=re.MULTILINE)
    depth, head_start = 0, 0
    opened = None  # (name, first line, depth outside) of the function that we are in
    for match in re.finditer(r"[{};]|\b(?:public|private|protected)\s*:", code):
        mark = match.group()[0]
        if mark == "{":
            head = code[head_start:match.start()]
            if opened is None and _opens_function(head):
                first = head_start + len(head) - len(head.lstrip())
                opened = (_opens_function(head), line_of(code, first), depth)
            depth += 1
        elif mark == "}":
            depth -= 1
            if opened and depth == opened[2]:
                yield opened[0], opened[1], line_of(code, match.start()) - opened[1] + 1
                opened = None
        head_start = match.end()


def measures(tree):
    """What is over a limit: (path, function or nothing) -> (line, lines)."""
    over = {}
    for path, text in tree.texts.items():
        if not path.endswith((".cc", ".h", ".c", ".py", ".sh")) and not path.startswith("scripts/"):
            continue
        lines = text.count("\n")
        if lines > FILE_LINES:
            over[path, ""] = (1, lines)
        if path.endswith((".cc", ".h", ".c")):
            for name, first, length in functions(text):
                if length > FUNCTION_LINES:
                    over[path, name] = (first, length)
    return over


def allowed(tree):
    """The rows of the ratchet: `path [function] lines`."""
    rows = {}
    for number, row in enumerate(tree.texts.get(RATCHET, "").splitlines(), 1):
        words = row.split("#")[0].split()
        if words:
            rows[words[0], words[1] if len(words) == 3 else ""] = (number, int(words[-1]))
    return rows


def check(tree):
    over, rows = measures(tree), allowed(tree)
    for (path, name), (line, lines) in over.items():
        limit = rows.get((path, name), (0, FUNCTION_LINES if name else FILE_LINES))[1]
        if lines > limit:
            what = f"function {name}" if name else "the file"
            yield Finding(path, line, f"{what} has {lines} lines, {limit} are allowed: it holds a second subject")
    for (path, name), (line, lines) in rows.items():
        now = over.get((path, name), (0, 0))[1]
        if now < lines:
            fix = f"lower the row to {now}" if now else "remove the row"
            yield Finding(RATCHET, line, f"{path} {name} is shorter than its row: {fix}")
