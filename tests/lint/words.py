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


def main(root):
    root = pathlib.Path(root)
    listed = subprocess.run(["git", "-C", str(root), "ls-files"], capture_output=True, text=True)
    names = listed.stdout.split("\n") if listed.returncode == 0 else [
        str(p.relative_to(root)) for p in root.rglob("*") if p.is_file() and "build" not in p.parts]
    faults = []
    for name in filter(None, names):
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
