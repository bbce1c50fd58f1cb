"""Documents: one title each, links that lead somewhere; and a comment above every function that users may call."""

import posixpath
import re

from tree import Finding, line_of

_FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_API = re.compile(r"^WEFT_API\b[^;]*;", re.MULTILINE)


def _prose(text):
    """Markdown with code blocks and code spans blanked, every line where it was."""
    blank = lambda match: re.sub(r"[^\n]", " ", match.group())
    return re.sub(r"`[^`\n]*`", blank, _FENCE.sub(blank, text))


def anchors(text):
    """The fragments that headings make, as GitHub writes them."""
    headings = re.findall(r"^#+\s+(.*?)\s*$", _FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def titles(tree):
    for path, text in tree.ending(".md").items():
        found = [line_of(text, m.start()) for m in re.finditer(r"^# ", _prose(text), re.MULTILINE)]
        if len(found) != 1 or found[0] != 1:
            yield Finding(path, found[-1] if found else 1, f"{len(found)} titles; want one, in the first line")


def links(tree):
    folders = {posixpath.dirname(path) for path in tree.texts}
    for path, text in tree.ending(".md").items():
        prose = _prose(text)
        for match in _LINK.finditer(prose):
            target, _, fragment = match.group(1).partition("#")
            if re.match(r"[a-z]+:", match.group(1)):
                continue
            full = posixpath.normpath(posixpath.join(posixpath.dirname(path), target)) if target else path
            line = line_of(prose, match.start())
            if full not in tree.texts and not any(f == full or f.startswith(full + "/") for f in folders):
                yield Finding(path, line, f"the link {match.group(1)} leads nowhere")
            elif fragment and fragment not in anchors(tree.texts.get(full, "")):
                yield Finding(path, line, f"{full} has no heading for #{fragment}")


def public_functions(tree):
    """A comment ends directly above each declaration, or above the group of declarations that it is part of."""
    for path, text in tree.under("include").items():
        declared_until = -1
        for match in _API.finditer(text):
            above = text[:match.start()].rstrip(" ")
            grouped = declared_until == match.start() - 1
            if not grouped and not above.endswith("*/\n"):
                yield Finding(path, line_of(text, match.start()), "a public function without a comment directly above it")
            declared_until = match.end()


def check(tree):
    yield from titles(tree)
    yield from links(tree)
    yield from public_functions(tree)
