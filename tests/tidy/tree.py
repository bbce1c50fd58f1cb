"""The tracked files as the rules see them: paths relative to the root, texts, and C++ text without comments and strings."""

import dataclasses
import pathlib
import re
import subprocess

_COMMENT_OR_STRING = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"([^\s()\\]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)
_DIGIT_SEPARATOR = re.compile(r"(?<=[0-9a-fA-F])'(?=[0-9a-fA-F])")


@dataclasses.dataclass(frozen=True)
class Finding:
    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


@dataclasses.dataclass
class Tree:
    """What a rule may look at. `texts` maps a path to the content of a file that git tracks (or would)."""

    texts: dict

    def under(self, *folders):
        return {path: text for path, text in self.texts.items() if path.split("/")[0] in folders}

    def ending(self, *ends):
        return {path: text for path, text in self.texts.items() if path.endswith(ends)}


def read_tree(root):
    """All text files of the working tree that git does not ignore."""
    listed = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            cwd=root, check=True, capture_output=True).stdout.decode()
    texts = {}
    for path in filter(None, listed.split("\0")):
        file = pathlib.Path(root, path)
        if not file.is_file():
            continue
        try:
            texts[path] = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # not text: nothing for a rule to read
    return Tree(texts)


def without_comments(text, keep_strings=False):
    """C or C++ text with comments and strings blanked, every character and line where it was."""

    def blank(match):
        found = match.group()
        if keep_strings and not found.startswith(("//", "/*")):
            return found
        return re.sub(r"[^\n]", " ", found)

    return _COMMENT_OR_STRING.sub(blank, _DIGIT_SEPARATOR.sub(" ", text))


def line_of(text, position):
    return text.count("\n", 0, position) + 1
