#!/usr/bin/python3
"""Does POLICIES.md say what the landlords' profiles say, promise by promise?

Each row names the promise, where the policy makes it, and the stanza of the profile that holds it or why
none does. Every row is there, in order; its stanza is in the profile, says what the row says, and comes
from where the row says; and every stanza that comes from a policy has a row.
"""
import pathlib
import re
import sys

LANDLORDS = {"000": "plexus-omega", "001": "feedback-first", "002": "one-housing", "003": "later-living",
             "004": "homes-in-sedgemoor"}
# How many promises of each policy were read, by subject: a row that goes missing is a fault.
ROWS = {
    "B1": {"000": 15, "001": 15, "002": 16, "003": 13, "004": 13},
    "B2": {"000": 18, "001": 5, "002": 17, "003": 10, "004": 14},
    "B3": {"000": 5, "001": 1, "002": 5, "003": 7, "004": 8},
    "B4": {"000": 13, "001": 1, "002": 10, "003": 5, "004": 11},
    "B5": {"000": 14, "001": 2, "002": 16, "003": 14, "004": 15},
    "B6": {"000": 7, "001": 3, "002": 8, "003": 8, "004": 6},
    "B7": {"000": 2, "001": 9, "002": 4, "003": 6, "004": 5},
    "B9": {"000": 1, "001": 1, "002": 1, "003": 1, "004": 1},
}
KINDS = ("Clock", "Stage", "Category", "Exclusion", "Route", "Letter", "Report", "Ombudsman as printed")
ROW = re.compile(r"^\| (B\d)\.(\d{3})\.(\d+) \| ([\d, -]+) \| (.+) \| (.+) \|$")
STANZA = re.compile(r"`((?:%s): [^`]+)`" % "|".join(KINDS))
SEED = re.compile(r"\(seed (\d{3}) lines? ([\d, -]+)\)")
REASON_WORDS_MIN = 6


def read_profile(path):
    """{"Clock: stage1.respond": {"Due": [...], ...}}"""
    stanzas = {}
    for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        lines = [line for line in block.split("\n") if line.strip() and not line.startswith("#")]
        fields = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]
        if not fields or fields[0][0] not in KINDS:
            continue
        held = stanzas.setdefault(f"{fields[0][0]}: {fields[0][1]}", {})
        for name, value in fields:
            held.setdefault(name, []).append(value)
    return stanzas


def lines_of(text):
    """The numbers of "12, 20-22"."""
    numbers = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        numbers.update(range(int(first), int(last or first) + 1))
    return numbers


def faults_of_row(row, lines, promise, stands, stanzas):
    named = STANZA.findall(stands)
    missing = [f"{row}: there is no stanza `{name}`" for name in named if name not in stanzas]
    if missing or not promise.strip():
        return missing or [f"{row}: promises nothing"]
    if stands.startswith("not here: "):
        few = len(stands.split()) < REASON_WORDS_MIN + 2
        return [f"{row}: says too little about why it stands nowhere"] if few else []
    if not named or not stands.startswith(f"`{named[0]}`"):
        return [f"{row}: names no stanza, and does not begin with `not here: `"]
    stanza, said = stanzas[named[0]], stands[len(named[0]) + 2:].removeprefix(", ")
    says = {"Clock": f"{stanza.get('Due', [''])[0]} from {stanza.get('From', [''])[0]}",
            "Category": stanza.get("Kind", [""])[0]}.get(named[0].split(":")[0], "")
    faults = []
    if said and said != says:
        faults.append(f"{row}: says `{said}`, the profile `{says}`")
    source = SEED.search(stanza["Source"][0])
    if said and (source is None or source[2] != lines):
        faults.append(f"{row}: comes from lines {lines}, the profile's from {source and source[2]}")
    return faults


def main(root):
    root = pathlib.Path(root)
    profiles = {seed: read_profile(root / f"rules/landlords/{name}.landlord") for seed, name in LANDLORDS.items()}
    counts, named, faults = {}, set(), []
    for text in (root / "POLICIES.md").read_text(encoding="utf-8").split("\n"):
        match = ROW.match(text)
        if match is None:
            if text.startswith("| B"):
                faults.append(f"this is no row: {text}")
            continue
        subject, seed, number, lines, promise, stands = match.groups()
        row = f"{subject}.{seed}.{number}"
        counts[subject, seed] = counts.get((subject, seed), 0) + 1
        if int(number) != counts[subject, seed] or not lines_of(lines):
            faults.append(f"{row}: the rows are not in order")
        if seed not in profiles:
            faults.append(f"{row}: there is no policy {seed}")
            continue
        faults += faults_of_row(row, lines, promise, stands, profiles[seed])
        if not stands.startswith("not here: "):
            named.update((seed, stanza) for stanza in STANZA.findall(stands))
    for subject, by_seed in ROWS.items():
        for seed, wanted in by_seed.items():
            found = counts.pop((subject, seed), 0)
            if found != wanted:
                faults.append(f"{subject}.{seed}: {found} rows, {wanted} promises were read")
    faults += [f"{subject}.{seed}: rows that nobody counted" for subject, seed in counts]
    for seed, stanzas in profiles.items():
        for name, stanza in stanzas.items():
            source = SEED.search(stanza.get("Source", [""])[0])
            if source and source[1] != seed:
                faults.append(f"{LANDLORDS[seed]}: `{name}` comes from another policy, {source[1]}")
            if source and (seed, name) not in named:
                faults.append(f"{LANDLORDS[seed]}: no row of POLICIES.md names `{name}`")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "."))
