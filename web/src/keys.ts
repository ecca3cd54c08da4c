import { useEffect } from 'preact/hooks';
import { merged } from './overview_sources';
import type { Route, Time } from './route';
import { live, type Session } from './session';

/** The minute before or after the one that is shown. */
function stepped(session: Session, by: number): Time {
    const { route, held } = session.state;
    const starts = held.map(one => one.start); // newest first
    const { time } = route;
    const at = time.kind === 'minute' ? starts.indexOf(time.start) : -1;
    const next = Math.min(at - by, starts.length - 1);
    return next < 0 ? { kind: 'live' } : { kind: 'minute', start: starts[next] };
}

function before(session: Session): number | undefined {
    const { route, held } = session.state;
    if (route.versus) return undefined;
    const at = route.time.kind === 'minute' ? route.time.start : Infinity;
    return held.find(one => one.start < at)?.start;
}

function policyAfter(session: Session, by: number): Partial<Route> {
    const names = session.policyNames();
    const next = (names.indexOf(session.state.policy) + by + names.length) % names.length;
    return { policy: names[next], view: 'overview', which: '', time: { kind: 'live' }, versus: undefined };
}

function changeFor(key: string, session: Session): Partial<Route> | undefined {
    const { state } = session;
    switch (key) {
    case 'o': case 'Escape': return { view: 'overview', which: '' };
    case 'm': return state.report ? undefined : { view: 'manage', which: '' };
    case 'l': return { time: { kind: 'live' } };
    case 'w': return { time: { kind: 'window', minutes: state.held.length + 1 } };
    case 'c': return { versus: before(session) };
    case 'p': return policyAfter(session, 1);
    case 'P': return policyAfter(session, -1);
    case 'ArrowLeft': return { time: stepped(session, -1) };
    case 'ArrowRight': return { time: stepped(session, 1) };
    default: {
        const handler = /^[1-9]$/.test(key) && live(state)?.handlers[Number(key) - 1];
        return handler ? { view: 'handler', which: handler.instance } : undefined;
    }
    }
}

/** The top NXDOMAIN name, by itself. */
function failing(session: Session): Partial<Route> | undefined {
    const [first] = merged(live(session.state), 'topNxdomain')?.top?.items ?? [];
    return first && { view: 'name', which: first.name };
}

export function useKeys(session: Session, does: { help: () => void; theme: () => void }) {
    useEffect(() => {
        const press = (event: KeyboardEvent) => {
            const at = event.target as HTMLElement;
            if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
            if (at.closest('input, textarea, select, [contenteditable]')) {
                if (event.key === 'Escape') at.blur();
                return;
            }
            if (event.key === ' ' && at.closest('button, summary, a')) return;
            if (event.key === '?') does.help();
            else if (event.key === 't') does.theme();
            else if (event.key === ' ' && !session.state.report) session.pause(!session.state.paused);
            else if (event.key === '/') document.querySelector<HTMLInputElement>('input.find')?.focus();
            else {
                const change = event.key === 'f' ? failing(session) : changeFor(event.key, session);
                if (!change) return;
                session.go(change);
            }
            event.preventDefault();
        };
        document.addEventListener('keydown', press);
        return () => document.removeEventListener('keydown', press);
    }, []);
}
