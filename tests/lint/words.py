#!/usr/bin/python3
"""Examples carry no real person's number: telephone numbers in the tree are Ofcom's drama numbers.

Looks at every tracked text file for UK mobile numbers outside 07700 900000 to 900999 and for e-mail
addresses at real free-mail providers.
"""
import pathlib
import re
import subprocess
import sys

MOBILE = re.compile(r"(?<![\dA-Fa-f])(?:\+?44\s?|0)7\d{3}\s?\d{6}(?![\dA-Fa-f])")
DRAMA = re.compile(r"(?:\+?44\s?|0)7700\s?900\d{3}$")
FREEMAIL = re.compile(r"[\w.]+@(gmail|googlemail|hotmail|yahoo|outlook|btinternet|live|aol)\.(com|co\.uk)", re.I)
# Providers' own published vectors, in which their own numbers stand.
PUBLISHED = {"447912345678", "447987654321", "07912345678"}
SKIP = {".png", ".gz"}


def names_in(root):
    """What git tracks; without git, or outside of a clone, whatever was not built."""
    try:
        listed = subprocess.run(["git", "-C", str(root), "ls-files"], capture_output=True, text=True)
        if listed.returncode == 0:
            return list(filter(None, listed.stdout.split("\n")))
    except FileNotFoundError:
        pass
    paths = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return [str(path) for path in paths if path.parts[0] not in ("build", ".git")]


def main(root):
    root = pathlib.Path(root)
    faults = []
    for name in names_in(root):
        path = root / name
        if not path.is_file() or path.suffix in SKIP or name.startswith("tests/fuzz/corpus/"):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.split("\n"), 1):
            for match in MOBILE.finditer(line):
                found = match.group(0)
                if not DRAMA.match(found) and re.sub(r"\D", "", found) not in PUBLISHED:
                    faults.append(f"{name}:{number}: {found} is no drama number")
            for match in FREEMAIL.finditer(line):
                faults.append(f"{name}:{number}: {match.group(0)} may be somebody's; use example.org")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "."))
