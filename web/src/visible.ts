// Names come off the wire, so anybody may have chosen them. They only ever become text nodes; what cannot be seen, or
// would turn the text around it, is written as an escape.

// Unicode's "other" (controls, format characters such as bidi overrides and zero width, surrogates, unassigned), line
// and paragraph separators, spaces that are not the space, and letters without a shape.
const unseen = /[\p{C}\p{Zl}\p{Zp}\u00a0\u034f\u115f\u1160\u1680\u17b4\u17b5\u2000-\u200a\u202f\u205f\u2800\u3000\u3164\uffa0]|(?<=\p{M}{3})\p{M}/gu;

export const escapeOf = (character: string) => {
    const code = character.codePointAt(0)!;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}`
        : code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
};

export interface Piece { text: string; escaped: boolean }

/** The text in pieces; the escaped ones stand for characters that cannot be seen. */
export function pieces(text: string): Piece[] {
    const out: Piece[] = [];
    let end = 0;
    for (const match of text.matchAll(unseen)) {
        if (match.index! > end) out.push({ text: text.slice(end, match.index), escaped: false });
        const last = out[out.length - 1];
        if (last?.escaped) last.text += escapeOf(match[0]);
        else out.push({ text: escapeOf(match[0]), escaped: true });
        end = match.index! + match[0].length;
    }
    if (end < text.length) out.push({ text: text.slice(end), escaped: false });
    return out;
}

/** For attributes and other plain text. */
export const visible = (text: string) => pieces(text).map(piece => piece.text).join('');
