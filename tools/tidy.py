#!/usr/bin/env python3
"""The house rules that a program can check (STYLE.md): layers, sizes, headers, white space, links.

Usage: tools/tidy.py [ROOT]     Prints "file:line: message" for each breach; exit status 1 if there is one.
"""
import os
import re
import sys

# A room (a folder of src/; taps, handlers and cmd have one room per subfolder) and what it may include besides
# itself. "kind/*" stands for every room of that kind. This table is the picture in ARCHITECTURE.md.
CORE = ["abi", "base", "sketch", "wire", "metric"]
LAYERS = {
    "abi": [],
    "base": ["abi"],
    "sketch": ["abi", "base"],
    "wire": ["abi", "base"],
    "metric": ["abi", "base", "sketch", "wire"],
    "engine": CORE,
    "taps": CORE + ["engine"],
    "handlers": CORE,
    "sinks": ["abi", "base", "sketch", "metric", "engine"],
    "client": ["abi", "base", "sketch", "metric", "engine", "sinks"],
    "terminal": ["abi", "base", "sketch", "metric", "engine", "sinks", "client"],
    "control/http": ["abi", "base"],
    "control/page": ["abi", "base"],
    "control/agent": CORE + ["engine", "taps/*", "handlers/*", "control"],
    "control/rest": CORE + ["engine", "handlers/*", "sinks", "control", "control/http", "control/page",
                     "control/agent"],
    "control": CORE + ["engine", "taps/*", "handlers/*", "sinks"],
    "cmd": CORE + ["engine", "taps/*", "handlers/*", "sinks", "control", "control/http", "control/page",
                   "control/agent", "control/rest", "client", "terminal", "cmd/common"],
}
LEAFY = {"taps", "handlers", "cmd"}
# Rooms inside a room's folder, with a line of their own in LAYERS.
INNER = {"control/http", "control/page", "control/agent", "control/rest"}
# System headers that break a room's promise: parsers have no clock, lock, log or stream; handlers never see a
# thread or a JSON library; sinks get their time from the period they render.
BANNED = {
    "wire": r"chrono|thread|mutex|iostream|fstream|cstdio|map|unordered_map|spdlog/.*|nlohmann/.*",
    "handlers": r"thread|mutex|iostream|fstream|cstdio|spdlog/.*|nlohmann/.*",
    "metric": r"thread|iostream|fstream|spdlog/.*|nlohmann/.*",
    "sketch": r"thread|mutex|iostream|fstream|cstdio|spdlog/.*|nlohmann/.*",
}
MAX_LINE, MAX_FILE, MAX_FUNCTION = 120, 500, 80
CODE = (".cpp", ".hpp", ".h")
TEXT = CODE + (".py", ".sh", ".md", ".cmake", ".yml", ".yaml", ".txt", ".json")
SKIP = {"build", ".git", ".cache", "__pycache__", "node_modules"}
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def files_under(root):
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(d for d in folders if d not in SKIP)
        for name in sorted(names):
            yield os.path.relpath(os.path.join(folder, name), root)


def room_of(path):
    """src/handlers/dns/dns.cpp -> ("handlers", "handlers/dns"); None outside src/ and include/."""
    parts = path.split(os.sep)
    if parts[0] == "include":
        return "abi", "abi"
    if parts[0] != "src" or len(parts) < 3:
        return None
    kind = parts[1]
    if len(parts) > 3 and "/".join(parts[1:3]) in INNER:
        return "/".join(parts[1:3]), "/".join(parts[1:3])
    return (kind, "/".join(parts[1:3])) if kind in LEAFY and len(parts) > 3 else (kind, kind)


def may_include(kind, room, target):
    if target == room:
        return True
    return any(target == a or (a.endswith("/*") and target.startswith(a[:-1])) for a in LAYERS[kind])


def check_layers(root, path, lines, report):
    here = room_of(path)
    if here is None:
        return
    kind, room = here
    if kind not in LAYERS:
        report(1, f"unknown room '{kind}': give it a place in LAYERS of tools/tidy.py and in ARCHITECTURE.md")
        return
    test = path.endswith("_test.cpp")
    for number, line in enumerate(lines, 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        quote, target = found.groups()
        if quote == "<" and not target.startswith("visor/"):
            if not test and kind in BANNED and re.fullmatch(BANNED[kind], target):
                report(number, f"{room} must not include <{target}>")
            continue
        if os.path.exists(os.path.join(root, os.path.dirname(path), target)):
            there = room_of(os.path.normpath(os.path.join(os.path.dirname(path), target)))
        elif target.startswith("visor/"):
            there = ("abi", "abi")
        else:
            there = room_of(os.path.join("src", target))
        if there and not may_include(kind, room, there[1]):
            report(number, f"{room} must not include {there[1]} ({target})")


def blank(text):
    """The source with comments, string literals and preprocessor lines blanked out; line breaks stay."""
    keep_lines = lambda m: re.sub(r"[^\n]", " ", m.group(0))
    text = re.sub(r'R"([^(]*)\((?:.|\n)*?\)\1"', lambda m: '""' + re.sub(r"[^\n]", "", m.group(0)), text)
    text = re.sub(r"(?m)^[ \t]*#(?:.*\\\n)*.*$", keep_lines, text)
    pattern = r'//[^\n]*|/\*(?:.|\n)*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, keep_lines, text)


def kind_of_brace(head, inside):
    """What a '{' after `head` opens: a function, a member initialiser, a scope of names, or something inner."""
    if inside in ("function", "inner"):
        return "inner"
    head = head.strip()
    if re.match(r"(inline\s+)?namespace\b|extern\b", head):
        return "scope"
    if re.match(r"(template\s*<.*>\s*)?(class|struct|union|enum)\b(?!.*\))", head, re.S):
        return "scope"
    if "(" not in head or re.search(r"(=|return|,|\()$", head):
        return "inner"
    if re.search(r"\)[^()]*?:[^:](?:.|\n)*$", head) and re.search(r"[\w>]$", head) and not re.search(
            r"\b(const|noexcept|override|final|mutable)$", head):
        return "initialiser"
    return "function"


def functions(text):
    """(first line, lines, name) of each function, by its braces."""
    stack, head, line, head_line = [], "", 1, 1
    for char in blank(text):
        if char == "{":
            kind = kind_of_brace(head, stack[-1][0] if stack else "scope")
            stack.append((kind, head, head_line))
            head = ""
        elif char == "}" and stack:
            kind, opened, first = stack.pop()
            if kind == "function":
                name = re.search(r"([~\w:]+)\s*\(", opened)
                yield first, line - first + 1, name.group(1) if name else "?"
            head = opened + "{}" if kind == "initialiser" else ""
            head_line = first if kind == "initialiser" else line
        elif char == ";":
            head = ""
        elif char == "\n":
            line += 1
            head += " "
        else:
            if not head.strip():
                head_line = line
            head += char
        if char in ":" and re.search(r"\b(public|private|protected):$", head):
            head = ""


def check_code(path, text, lines, report):
    if len(lines) > MAX_FILE:
        report(len(lines), f"file of {len(lines)} lines: at most {MAX_FILE}")
    for first, length, name in functions(text):
        if length > MAX_FUNCTION:
            report(first, f"function {name} of {length} lines: at most {MAX_FUNCTION}")
    if path.endswith((".hpp", ".h")) and path.startswith(("src" + os.sep, "include" + os.sep)):
        if not re.match(r"//|/\*", text):
            report(1, "a header begins with a comment: what it is; threads; owner; units; wire reference")
        if not path.startswith("include") and not re.search(r"(?m)^#pragma once$", text):
            report(1, "no #pragma once")


def check_text(lines, report):
    for number, line in enumerate(lines, 1):
        if "\t" in line:
            report(number, "tab")
        if line != line.rstrip():
            report(number, "white space at the end of the line")
        if UNFINISHED.search(line):
            report(number, "unfinished business: " + line.strip()[:60])


def anchor(heading):
    heading = re.sub(r"[`*_]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", heading).replace(" ", "-")


def headings(path):
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"(?ms)^```.*?^```", "", file.read())
    return {anchor(h) for h in re.findall(r"(?m)^#+ +(.*)$", text)}


def check_links(root, path, text, report):
    for found in re.finditer(r"\]\(([^)\s]+)\)", text):
        target, _, fragment = found.group(1).partition("#")
        number = text.count("\n", 0, found.start()) + 1
        if re.match(r"[a-z]+:", target):
            continue
        full = os.path.normpath(
    os.path.join(
        root,
        os.path.dirname(path),
        target)) if target else os.path.join(
            root,
             path)
        if not os.path.exists(full):
            report(number, f"link to {target}: no such file")
        elif fragment and full.endswith(".md") and fragment not in headings(full):
            report(number, f"link to {found.group(1)}: no such heading")


def check_file(root, path, report):
    with open(os.path.join(root, path), encoding="utf-8", errors="surrogateescape") as file:
        text = file.read()
    lines = text.splitlines()
    if not path.endswith(".json"):
        check_text(lines, report)
    if path.endswith(CODE + (".py", ".sh")):
        for number, line in enumerate(lines, 1):
            if len(line) > MAX_LINE:
                report(number, f"line of {len(line)} characters: at most {MAX_LINE}")
    if path.endswith(CODE):
        check_code(path, text, lines, report)
        check_layers(root, path, lines, report)
    if path.endswith(".md"):
        check_links(root, path, text, report)


def run(root):
    """All breaches of the rules under root, as "file:line: message"."""
    found = []
    for path in files_under(root):
        if path.endswith(TEXT):
            check_file(root, path, lambda number, message, path=path: found.append(f"{path}:{number}: {message}"))
    return found


if __name__ == "__main__":
    top = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    breaches = run(top)
    print("\n".join(breaches) + "\n" if breaches else "", end="")
    sys.exit(1 if breaches else 0)
