#!/usr/bin/python3
"""Does each manual page name everything that the code takes?

Reads the tables out of the sources: every command and long option of redressctl and redressd, every
field of the configuration, the rules, the landlords and the letters, every placeholder. In a page a
command, option, field or placeholder stands bold: *rules lint*, *--explain*, *Phrase:*, *{{topics}}*.
So does an alarm, with a colon where a name follows: *storage:*; and no page tells of one that is gone.
A page that another page or README.md names must be there.
"""
import pathlib
import re
import sys

ARRAY = re.compile(r"static const char \*const (\w+)\[\] = \{(.*?)\};", re.S)
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
OPTION = re.compile(r'\{\s*"([a-z0-9-]+)",\s*(?:no|required|optional)_argument')
COMMAND = re.compile(r'\{\s*(?:NULL|"([\w-]+)"),\s*"([\w-]+)",\s*rd_ctl_')
# Where an alarm gets its name: a constant RD_ALARM_..., or a word in the call that raises it.
ALARMS = [re.compile(r'#define RD_ALARM_\w+\s+"([a-z][a-z_-]+:?)"'),
    re.compile(r'\b(?:rd_alarms_raise\w*|raise_or_clear)\([^;"]*"([a-z][a-z_-]+:?)"')]
ALARM_TOLD = re.compile(r"^\*([a-z][a-z_-]+:?)\*", re.M)


def arrays(text, wanted):
    """The strings of every array whose name fits."""
    return {word for name, body in ARRAY.findall(text) if re.fullmatch(wanted, name) for word in STRING.findall(body)}


def names(text, array):
    body = re.search(array + r"\[.*?\] = \{(.*?)\};", text, re.S)
    return set(STRING.findall(body.group(1))) if body else set()


def main(root):
    root = pathlib.Path(root)

    def read(pattern):
        return "\n".join(p.read_text(encoding="utf-8") for p in sorted((root / "daemon").glob(pattern)))

    ctl, landlord, letters = read("redressctl/*.[ch]"), read("policy/landlord.c"), read("policy/letter_file.c")

    def fields(found):
        return {f"{name}:" for name in found}

    events = names(landlord, "rd_event_names")
    wanted = [
        ("redressctl.1", "commands", {" ".join(filter(None, c)) for c in COMMAND.findall(ctl)}),
        ("redressctl.1", "options", {f"--{o}" for o in OPTION.findall(ctl)} | {f"--{e}" for e in events}),
        ("redressd.8", "options", {f"--{o}" for o in OPTION.findall(read("redressd.c"))}),
        ("redressd.conf.5", "fields", fields(arrays(read("wire/config*.c"), r"\w+_fields"))),
        ("redress-rules.5", "fields", fields(arrays(read("rules/*.c"), r"\w+_fields"))),
        ("redress-rules.5", "stanzas", fields(arrays(read("rules/*.c"), r"known|stanza_names"))),
        ("redress-landlord.5", "fields", fields(arrays(landlord + read("policy/provision.c"), r"\w+_fields"))),
        ("redress-letters.5", "fields", fields(arrays(letters, r"\w+_fields"))),
        ("redress-letters.5", "placeholders", {"{{%s}}" % n for n in names(letters, "rd_placeholder_names")}),
    ]
    faults = []
    sources = read("*/*.c") + "\n".join(
        p.read_text(encoding="utf-8") for p in sorted((root / "include").glob("**/*.h")))
    alarms = {a.rstrip(":") for pattern in ALARMS for a in pattern.findall(sources)}
    alarms |= names(read("policy/decision_words.c"), "rd_alarm_names")
    told = {a.rstrip(":") for a in ALARM_TOLD.findall(read("man/redress-alarms.7.scd"))}
    faults += [f"redress-alarms.7: does not tell of the alarm {a}" for a in sorted(alarms - told)]
    faults += [f"redress-alarms.7: tells of the alarm {a}, which the code does not raise" for a in sorted(told - alarms)]
    for page, what, items in wanted:
        text = (root / "daemon/man" / f"{page}.scd").read_text(encoding="utf-8")
        if not items:
            faults.append(f"{page}: no {what} were found in the sources; has a table moved? Mend {__file__}")
        faults += [f"{page}: does not tell of {item} ({what})" for item in sorted(items) if f"*{item}*" not in text]
    pages = {p.stem for p in (root / "daemon/man").glob("*.scd")}
    for path in [root / "README.md", *sorted((root / "daemon/man").glob("*.scd"))]:
        text = path.read_text(encoding="utf-8")
        named = set(re.findall(r"\b(redress[\w.-]*)\((\d)\)", text))
        faults += [f"{path.name}: names {n}({s}), which is no page" for n, s in sorted(named) if f"{n}.{s}" not in pages]
        named = set(re.findall(r"\bman (redress[\w.-]*\w)", text))
        faults += [f"{path.name}: names `man {n}`, which is no page" for n in sorted(named)
            if not any(page.rpartition(".")[0] == n for page in pages)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "."))
