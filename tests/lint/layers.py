#!/usr/bin/python3
"""Holds the house to its layers.

A file of a layer may include headers of its own layer and of the layers above it in LAYERS;
intake and deliver never include one another; includes never go round in a circle; a .c file has
the header of its own name; SQL stands in store/ alone; no file is longer than 800 lines.
"""
import pathlib
import re
import sys

LAYERS = ["base", "message", "rules", "policy", "store", "wire", "reader", "intake", "deliver", "gateway"]
STRANGERS = {("deliver", "intake"), ("intake", "deliver")}
PURE = {"message", "rules", "policy"}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
SQL = re.compile(r"sqlite3_(prepare|exec|step|bind)|\"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE)\s")
FORBIDDEN = re.compile(r"\b(strcpy|strcat|sprintf|gets|system|popen|atoi|strtok|alloca|vfork)\s*\(")
IMPURE = re.compile(r"\b(time|clock_gettime|gettimeofday|fopen|open|read|write|socket|getenv)\s*\(")
IMPURE_ALLOWED = {"daemon/rules/rulefiles.c"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|not (yet )?implemented|unimplemented", re.I)
LINES_MAX = 800


def code_only(text):
    """The text without comments and string contents, line breaks kept."""
    def blank(match):
        return "\n" * match.group(0).count("\n") + " "
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def layer_of(path):
    parts = path.parts
    if parts[0] == "daemon":
        return parts[1] if len(parts) > 2 else "top"
    return parts[2]


def main(root):
    root = pathlib.Path(root)
    faults = []
    graph = {}
    files = sorted(root.glob("daemon/**/*.[ch]")) + sorted(root.glob("include/redress/**/*.h"))
    for file in files:
        path = file.relative_to(root)
        layer = layer_of(path)
        text = file.read_text(encoding="utf-8")
        code = code_only(text)
        edges = graph.setdefault(str(path), [])
        for header in INCLUDE.findall(text):
            if not header.startswith("redress/"):
                if layer not in ("redressctl", "top"):
                    faults.append(f"{path}: include \"{header}\": headers of the house begin with redress/")
                continue
            if not (root / "include" / header).exists():
                faults.append(f"{path}: include \"{header}\": there is no such header")
            wanted = header.split("/")[1]
            edges.append("include/" + header)
            if layer in ("redressctl", "top"):
                continue
            if wanted not in LAYERS:
                faults.append(f"{path}: include \"{header}\": {wanted} is no layer")
            elif LAYERS.index(wanted) > LAYERS.index(layer):
                faults.append(f"{path}: {layer}/ may not include {wanted}/, which stands below it")
            elif (layer, wanted) in STRANGERS:
                faults.append(f"{path}: {layer}/ and {wanted}/ never include one another")
        if layer != "store" and SQL.search(text):
            faults.append(f"{path}: SQL stands in store/ alone")
        for match in FORBIDDEN.finditer(code):
            faults.append(f"{path}:{code.count(chr(10), 0, match.start()) + 1}: {match.group(1)}() is not used here")
        if layer in PURE and str(path) not in IMPURE_ALLOWED:
            for match in IMPURE.finditer(code):
                faults.append(f"{path}:{code.count(chr(10), 0, match.start()) + 1}: {layer}/ is pure: no {match.group(1)}()")
        if UNFINISHED.search(text):
            faults.append(f"{path}: unfinished, by its own words")
        lines = text.count("\n")
        if lines > LINES_MAX:
            faults.append(f"{path}: {lines} lines; split it at {LINES_MAX}")
        if path.parts[0] == "include" and len(path.parts) == 4:
            guard = f"REDRESS_{path.parts[2]}_{path.stem}_H".upper()
            if f"#ifndef {guard}" not in text:
                faults.append(f"{path}: the include guard is {guard}")
    faults += circles(graph)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def circles(graph):
    """Includes that lead back to themselves, found without recursion."""
    done, faults = set(), []
    for start in graph:
        trail, stack = [], [(start, iter(graph.get(start, [])))]
        on_trail = {start}
        while stack:
            node, rest = stack[-1]
            step = next(rest, None)
            if step is None:
                stack.pop()
                on_trail.discard(node)
                done.add(node)
            elif step in on_trail:
                faults.append(f"{node}: includes {step}, which includes it")
            elif step not in done:
                on_trail.add(step)
                stack.append((step, iter(graph.get(step, []))))
    return faults


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "."))
