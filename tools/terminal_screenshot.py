#!/usr/bin/env python3
"""A picture of a program's screen for the documentation: runs it in tmux, presses keys, and draws what is to be
seen as SVG, which needs no font with block characters.

Usage: tools/terminal_screenshot.py [--size 120x40] [--keys "3 j Enter"] [--after SECONDS] [--wait TEXT]
                                    OUT.svg COMMAND...
"""
import argparse
import html
import os
import re
import shlex
import subprocess
import sys
import time
import unicodedata

BASIC = ["#1e1e1e", "#d7514f", "#5fb36a", "#d0a84a", "#4f8fd7", "#b06fc0", "#4fb3b8", "#d0d0d0",
         "#6f6f6f", "#f0706e", "#7fd38a", "#f0c86a", "#6fafef", "#d08fe0", "#6fd3d8", "#ffffff"]
FRONT, BACK = "#d0d0d0", "#15181c"
WIDE, HIGH, SIZE = 8.4, 17, 14


def colour(number):
    if number < 16:
        return BASIC[number]
    if number >= 232:
        return "#" + f"{8 + 10 * (number - 232):02x}" * 3
    steps = [0, 95, 135, 175, 215, 255]
    n = number - 16
    return "#" + "".join(f"{steps[i]:02x}" for i in (n // 36, n // 6 % 6, n % 6))


class Style:
    def __init__(self):
        self.front = self.back = None
        self.bold = self.dim = self.reverse = self.underline = False

    def take(self, codes):
        codes = [int(code or 0) for code in codes.split(";")]
        while codes:
            code = codes.pop(0)
            if code == 0:
                self.__init__()
            elif code in (38, 48):
                rich = colour(codes[1]) if codes[0] == 5 else "#{:02x}{:02x}{:02x}".format(*codes[1:4])
                del codes[:2 if codes[0] == 5 else 4]
                setattr(self, "front" if code == 38 else "back", rich)
            elif code // 10 in (3, 9) and code % 10 < 8:
                self.front = BASIC[code % 10 + (8 if code >= 90 else 0)]
            elif code // 10 in (4, 10) and code % 10 < 8:
                self.back = BASIC[code % 10 + (8 if code >= 100 else 0)]
            else:
                for on, name in ((1, "bold"), (2, "dim"), (7, "reverse"), (4, "underline")):
                    if code == on:
                        setattr(self, name, True)
                if code == 22:
                    self.bold = self.dim = False
                self.front = None if code == 39 else self.front
                self.back = None if code == 49 else self.back

    def colours(self):
        front, back = self.front or FRONT, self.back
        return (back or BACK, front) if self.reverse else (front, back)


def cells(line, style):
    """(column, character, style's colours, bold, dim) of a line with escape sequences."""
    column = 0
    for escape, character in re.findall(r"\x1b\[([0-9;]*)m|([^\x1b])", line):
        if not character:
            style.take(escape)
            continue
        wide = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        yield column, wide, character, (*style.colours(), style.bold, style.dim)
        column += wide


def block(character):
    """The part of its cell that a block character fills: x, y, width, height."""
    code = ord(character)
    if 0x2581 <= code <= 0x2588:
        part = (code - 0x2580) / 8
        return 0, 1 - part, 1, part
    if 0x2589 <= code <= 0x258f:
        return 0, 0, (0x2590 - code) / 8, 1
    return None


def rectangle(column, row, part, fill, columns=1):
    x, y, width, height = part
    return (f'<rect x="{(column + x) * WIDE:.2f}" y="{(row + y) * HIGH:.2f}" width="{width * WIDE * columns:.2f}" '
            f'height="{height * HIGH:.2f}" fill="{fill}"/>')


def runs(line, style):
    """Neighbouring cells of one look: column, columns, text, look."""
    now = None
    for column, wide, character, look in cells(line, style):
        joins = now and now[3] == look and not block(character) and not block(now[2][-1]) and wide == 1
        if joins and now[1] == len(now[2]):
            now[1] += 1
            now[2] += character
        elif now and now[3] == look and block(character) and character == now[2][-1]:
            now[1] += 1
            now[2] += character
        else:
            if now:
                yield now
            now = [column, wide, character, look]
    if now:
        yield now


def svg(screen, width, height):
    under, over, style = [], [], Style()
    for row, line in enumerate(screen.split("\n")[:height]):
        for column, columns, text, (front, back, bold, dim) in runs(line, style):
            if back:
                under.append(rectangle(column, row, (0, 0, 1, 1), back, columns))
            part = block(text[0])
            if part and len(set(text)) == 1 and (part[2] == 1 or columns == 1):
                over.append(rectangle(column, row, part, front, columns))
            elif part:
                over += [rectangle(column + i, row, part, front) for i in range(columns)]
            elif text.strip():
                start = len(text) - len(text.lstrip())
                shown = text.strip()
                weight = ' font-weight="bold"' if bold else ""
                faint = ' opacity="0.6"' if dim else ""
                length = f' textLength="{(columns - (len(text) - len(shown))) * WIDE:.2f}"'
                place = f'x="{(column + start) * WIDE:.2f}" y="{row * HIGH + 13}" fill="{front}"'
                over.append(f'<text {place}{weight}{faint}{length} xml:space="preserve">{html.escape(shown)}</text>')
    size = f'viewBox="-10 -10 {width * WIDE + 20:.0f} {height * HIGH + 20}"'
    font = f'font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="{SIZE}"'
    body = "\n".join(["<g shape-rendering=\"crispEdges\">", *under, "</g>", *over])
    paper = f'<rect x="-10" y="-10" width="100%" height="100%" rx="8" fill="{BACK}"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>\n{paper}\n{body}\n</svg>\n'


def taken(options):
    width, height = (int(part) for part in options.size.split("x"))
    server = f"screenshot-{os.getpid()}"

    def tmux(*arguments):
        return subprocess.run(["tmux", "-L", server, *arguments], check=True, capture_output=True, text=True).stdout
    command = "LC_ALL=C.UTF-8 TERM=tmux-256color " + " ".join(shlex.quote(word) for word in options.command)
    tmux("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height), command)
    try:
        end = time.monotonic() + 20
        while options.wait not in tmux("capture-pane", "-p"):
            if time.monotonic() > end:
                sys.exit(f"{options.wait!r} was not to be seen within 20 s:\n{tmux('capture-pane', '-p')}")
            time.sleep(0.1)
        for key in options.keys.split():
            tmux("send-keys", key)
            time.sleep(0.3)
        time.sleep(options.after)
        return svg(tmux("capture-pane", "-p", "-e", "-N"), width, height)
    finally:
        subprocess.run(["tmux", "-L", server, "kill-server"], check=False, capture_output=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="120x40")
    parser.add_argument("--keys", default="", help="as tmux names them, one after another")
    parser.add_argument("--after", type=float, default=1, help="seconds from the last key to the picture")
    parser.add_argument("--wait", default="", help="text that must be there before keys are pressed")
    parser.add_argument("out")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    picture = taken(options)
    with open(options.out, "w", encoding="utf-8") as file:
        file.write(picture)


if __name__ == "__main__":
    main()
