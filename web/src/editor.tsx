// A document for the agent, judged by the agent while it is written: the place of a mistake is shown in the text.
import { useEffect, useRef, useState } from 'preact/hooks';
import { change, hasToken, policyPath, Refusal, setToken } from './api';
import { useSession } from './context';
import { visible } from './text';

export interface Draft { kind: 'policy' | 'tap'; name?: string; text: string; note?: string } // a name: it replaces that

interface Verdict { good: boolean; text: string; line?: number; column?: number }

const collection = (draft: Draft) => (draft.kind === 'policy' ? '/api/v1/policies' : '/api/v1/taps');
const target = (draft: Draft) => draft.name === undefined ? collection(draft)
    : draft.kind === 'policy' ? policyPath(draft.name) : `/api/v1/taps/${encodeURIComponent(draft.name)}`;

/** "9:11: what is wrong" */
export function verdictOf(error: unknown): Verdict {
    const text = String((error as Error).message);
    const place = error instanceof Refusal ? /^(?:[^\s:]*:)?(\d+):(\d+): ([\s\S]*)$/.exec(text) : null;
    return place ? { good: false, text: place[3], line: Number(place[1]), column: Number(place[2]) } : { good: false, text };
}

const send = (draft: Draft, text: string, dry: boolean) =>
    change(draft.name === undefined ? 'POST' : 'PUT', target(draft) + (dry ? '?dry_run=1' : ''), text);

function offsetOf(text: string, line: number, column: number): number {
    const before = text.split('\n').slice(0, line - 1);
    return before.reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
}

export function Token({ onChange }: { onChange?: () => void }) {
    return <label class="token">Bearer token<input type="password" autocomplete="off" spellcheck={false}
        placeholder={hasToken() ? 'set' : 'only if the agent wants one'}
        onInput={event => { setToken(event.currentTarget.value); onChange?.(); }} />
        <small>kept in this page's memory only</small></label>;
}

function Text({ text, set, verdict, label }: { text: string; set: (text: string) => void; verdict?: Verdict; label: string }) {
    const area = useRef<HTMLTextAreaElement>(null), gutter = useRef<HTMLPreElement>(null), marks = useRef<HTMLPreElement>(null);
    const lines = text.split('\n');
    const follow = () => {
        gutter.current!.scrollTop = area.current!.scrollTop;
        marks.current!.scrollTop = area.current!.scrollTop;
        marks.current!.scrollLeft = area.current!.scrollLeft;
    };
    const key = (event: KeyboardEvent) => { // Escape, then Tab, leaves
        const at = area.current!;
        if (event.key === 'Escape') at.blur();
        if (event.key !== 'Tab' || event.shiftKey) return;
        event.preventDefault();
        at.setRangeText('  ', at.selectionStart, at.selectionEnd, 'end');
        set(at.value);
    };
    return <div class="editor">
        <pre class="gutter" ref={gutter} aria-hidden="true">{lines.map((_, i) =>
            <span class={verdict?.line === i + 1 ? 'wrong' : ''}>{i + 1}{'\n'}</span>)}</pre>
        <div class="paper">
            <pre class="marks" ref={marks} aria-hidden="true">{lines.map((line, i) => {
                if (verdict?.line !== i + 1) return `${line}\n`;
                const at = Math.max(Math.min((verdict.column ?? 1) - 1, line.length), 0);
                const end = at + Math.max(/^[^\s,:{}[\]]*/.exec(line.slice(at))![0].length, 1);
                return <><span class="line">{line.slice(0, at)}<mark>{line.slice(at, end) || ' '}</mark>{line.slice(end)}</span>{'\n'}</>;
            })}</pre>
            <textarea ref={area} value={text} spellcheck={false} autocomplete="off" autocapitalize="off" wrap="off" aria-label={label}
                aria-invalid={verdict ? !verdict.good : undefined} aria-describedby="typing verdict" onScroll={follow} onKeyDown={key}
                onInput={event => set(event.currentTarget.value)} />
        </div></div>;
}

export function Editor({ draft, keep, done }: { draft: Draft; keep: (text: string) => void; done: (name?: string) => void }) {
    const session = useSession();
    const [text, write] = useState(draft.text);
    const setText = (text: string) => { write(text); keep(text); };
    const [verdict, judge] = useState<Verdict>();
    const [busy, setBusy] = useState(false);
    const box = useRef<HTMLElement>(null);
    const round = useRef(0);
    const verb = draft.name === undefined ? 'Create' : 'Replace';

    const check = async () => {
        if (!session.state.dryRun) return; // it would be done
        const mine = ++round.current;
        const verdict = await send(draft, text, true).then((): Verdict => ({ good: true, text: 'This is right; nothing is changed yet.' }),
                                                           verdictOf);
        if (mine === round.current) judge(verdict);
    };
    useEffect(() => { // the agent judges once a moment passes without a key
        judge(undefined);
        const timer = setTimeout(() => void check(), 500);
        return () => { clearTimeout(timer); ++round.current; };
    }, [text]);
    useEffect(() => box.current?.querySelector('textarea')?.focus(), []);

    const go = () => {
        if (!verdict?.line) return;
        const area = box.current!.querySelector('textarea')!;
        const at = offsetOf(text, verdict.line, verdict.column ?? 1);
        area.focus();
        area.setSelectionRange(at, at);
        area.scrollTop = Math.max((verdict.line - 5) * 20, 0);
    };
    const apply = async () => {
        setBusy(true);
        ++round.current;
        try {
            const made = await send(draft, text, false);
            await session.refresh();
            done(Object.keys(made ?? {})[0]);
        } catch (error) {
            judge(verdictOf(error));
        } finally {
            setBusy(false);
        }
    };
    return <section class="card wide" ref={box} aria-labelledby="editor">
        <header><h2 id="editor">{verb} a {draft.kind}{draft.name !== undefined && `: ${draft.name}`}</h2></header>
        {draft.note && <p class="help">{draft.note}</p>}
        <p class="help" id="typing">Tab indents; Esc, then Tab, leaves the text.</p>
        <Text text={text} set={setText} verdict={verdict} label={`The ${draft.kind} as YAML or JSON`} />
        <p class={`verdict ${verdict ? verdict.good ? 'good' : 'wrong' : ''}`} id="verdict" role="status">
            {!verdict ? (session.state.dryRun ? 'The agent looks at it …' : '') : <>
                {verdict.line !== undefined && <button type="button" class="link" onClick={go}>
                    Line {verdict.line}, column {verdict.column}</button>}
                {verdict.line !== undefined && ': '}{visible(verdict.text)}</>}</p>
        <div class="actions">
            <button type="button" class="primary" disabled={busy || (session.state.dryRun && !verdict?.good)} onClick={apply}>{verb}</button>
            <button type="button" onClick={() => done()}>Cancel</button>
            <Token onChange={() => void check()} />
        </div>
    </section>;
}
