// What stands around every view: whose picture it is, of when, and the ways to the others.
import { useEffect, useState } from 'preact/hooks';
import { useShown } from './context';
import { Help } from './help';
import { GoIcon, PauseIcon, ThemeIcon } from './icons';
import { useKeys } from './keys';
import { LedgerStrip } from './ledger';
import { anew, href, timeOf, timeText } from './route';
import { live, minuteAt, type Session } from './session';
import { visible } from './text';
import { currentTheme, nextTheme } from './theme';
import { clock, day, duration } from './units';

export const goTo = (address: string) => { location.hash = address; };

function Policies() {
    const { session, state, to } = useShown();
    const { tap } = state.route;
    const several = session.taps().length > 1 && !tap;
    return <label class="pick"><span class="offscreen">Policy</span>
        <select value={state.policy} onChange={event => goTo(to({ ...anew, policy: event.currentTarget.value }))}>
            {session.policyNames().map(name => <option value={name}>{visible(name)}{several && ` · ${visible(session.tapsOf(name).join(', '))}`}</option>)}
        </select></label>;
}

/** Where there are several: whose policies there are to choose from, and what is shown of one that is on several. */
function Taps() {
    const { session, state, to } = useShown();
    const taps = session.taps(), { tap } = state.route;
    if (taps.length < 2) return null;
    const choose = (tap?: string) => {
        const names = session.policyNames(tap ?? '');
        goTo(to({ ...anew, tap, policy: names.includes(state.policy) ? state.policy : names[0] }));
    };
    return <label class="pick tap"><span class="offscreen">Tap</span>
        <select value={tap ?? ''} class={tap ? 'on' : ''} onChange={event => choose(event.currentTarget.value || undefined)}>
            <option value="">all {taps.length} taps</option>
            {taps.map(one => <option value={one}>tap {visible(one)}</option>)}
        </select></label>;
}

/** The interfaces, or the capture, the policy reads. */
function source(session: Session): string {
    const { state } = session;
    if (state.report) return state.report.title;
    const inputs = Object.values(state.policies[state.policy]?.input ?? {}) as any[];
    const taps = [...new Set(live(state)?.handlers.map(handler => handler.tap).filter(Boolean))];
    const interfaces = inputs.flatMap(input => input.pcap?.interfaces ?? []);
    return [taps.join(', '), [...new Set(interfaces)].join(', ')].filter((part, i, all) => part && all.indexOf(part) === i).join(' · ');
}

function Times() {
    const { state, to, session } = useShown();
    const { time, versus } = state.route;
    const windows = [...new Set([2, 5, 10, state.held.length + 1])].filter(n => n > 1 && n <= state.held.length + 1).sort((a, b) => a - b);
    const minutes = state.held.map(held => held.start);
    const choose = (text: string) => goTo(to({ time: timeOf(text) }));
    const gone = time.kind === 'minute' && !minutes.includes(time.start);
    return <div class="times" role="group" aria-label="Time">
        <button type="button" class={`live ${time.kind === 'live' && !state.paused ? 'on' : ''}`} aria-pressed={time.kind === 'live' && !state.paused}
            onClick={() => { if (state.paused) session.pause(false); choose('live'); }}>Live</button>
        <label><span class="offscreen">Time shown</span>
            <select value={timeText(time)} onChange={event => choose(event.currentTarget.value)}>
                <option value="live">this minute</option>
                {minutes.map((start, i) => <option value={start}>{clock(start)} · {Math.round(((state.live?.start ?? start) - start) / 60) || i + 1} min ago</option>)}
                {gone && <option value={timeText(time)}>a minute that is gone</option>}
                {windows.map(n => <option value={`w${n}`}>last {n} min</option>)}
                {time.kind === 'window' && !windows.includes(time.minutes) && <option value={timeText(time)}>last {time.minutes} min</option>}
            </select></label>
        <label><span class="offscreen">Compare with</span>
            <select value={versus ? String(versus) : ''} class={versus ? 'on' : ''}
                onChange={event => goTo(to({ versus: Number(event.currentTarget.value) || undefined }))}>
                <option value="">compare …</option>
                {minutes.filter(start => time.kind !== 'minute' || start !== time.start).map(start =>
                    <option value={start}>with {clock(start, false)}</option>)}
                {versus && !minutes.includes(versus) && <option value={versus}>with {clock(versus, false)} (gone)</option>}
            </select></label>
        <button type="button" class="icon" aria-pressed={state.paused} title={state.paused ? 'Go on' : 'Pause'}
            aria-label="Pause" onClick={() => session.pause(!state.paused)}>{state.paused ? <GoIcon /> : <PauseIcon />}</button>
    </div>;
}

const links = { connecting: 'connecting', live: 'live', polling: 'polling', lost: 'connection lost' };

function Status() {
    const { state } = useShown();
    const what = state.paused ? 'paused' : links[state.link];
    return <span class={`status ${state.paused ? 'paused' : state.link}`} role="status"><i aria-hidden="true" />{what}</span>;
}

function Tabs() {
    const { state, to } = useShown();
    const { view, which } = state.route;
    const tab = (address: string, current: boolean, text: string) =>
        <li><a href={address} aria-current={current ? 'page' : undefined}>{text}</a></li>;
    const handlers = live(state)?.handlers ?? [];
    const several = (type: string) => handlers.filter(handler => handler.type === type).length > 1;
    return <nav aria-label="Views"><ul class="tabs">
        {tab(to({ view: 'overview', which: '' }), view === 'overview', 'Overview')}
        {handlers.map(handler => tab(to({ view: 'handler', which: handler.instance }), view === 'handler' && which === handler.instance,
            visible(several(handler.type) ? handler.instance.replace(`${state.policy}-`, '') : handler.type)))}
        {tab(to({ view: 'ledger', which: '' }), view === 'ledger', 'Ledger')}
        {!state.report && tab(to({ view: 'manage', which: '' }), view === 'manage', 'Taps & policies')}
    </ul></nav>;
}

function Age() {
    const { state } = useShown();
    if (state.report) {
        const { live } = state;
        return <span class="age">{live ? `${day(live.start)} ${clock(live.start)}, ${duration(live.length)}` : ''}</span>;
    }
    return state.app ? <span class="age">{visible(state.app.version)} · up {duration(state.app.up_time_min * 60)}</span> : null;
}

/** Said once, not every second. */
function Banner() {
    const { state, picture, to } = useShown();
    const { time } = state.route;
    if (state.link === 'lost') return <p class="banner bad" role="alert">The agent does not answer since {clock(state.lostAt / 1000)}.
        {state.live ? ' This is the last picture; it goes on by itself when the agent is back.' : ' Trying again every two seconds.'}</p>;
    if (state.renewed) return <p class="banner" role="status">The agent is of another version now ({visible(state.app?.version ?? '')}), this page
        of the one before. <a href="" onClick={event => { event.preventDefault(); location.reload(); }}>Load it anew</a></p>;
    if (state.paused) return <p class="banner">Paused at {clock(state.liveAt / 1000)}. The agent goes on counting.</p>;
    const { versus: other } = state.route;
    if (other && picture) {
        const length = minuteAt(state, other)?.length;
        return <p class="banner">{length === undefined ? 'The minute to compare with is not held any more.'
            : `Changes are against ${clock(other)}`}{length && length !== picture.length
            ? `, its counts as if it had lasted ${picture.length} s as well.` : length ? '.' : ''}{' '}
            <a href={to({ versus: undefined })}>No comparison</a></p>;
    }
    if (time.kind === 'minute' && !picture && state.live) return <p class="banner">That minute is not held any more.{' '}
        <a href={to({ time: { kind: 'live' } })}>Back to now</a></p>;
    return null;
}

export function Shell({ children }: { children: any }) {
    const { session, state } = useShown();
    const [help, setHelp] = useState(false);
    const [theme, setTheme] = useState(currentTheme());
    const turn = () => setTheme(nextTheme());
    useKeys(session, { help: () => setHelp(true), theme: turn });
    const from = source(session);
    useEffect(() => { document.title = `${state.report ? state.report.title : state.policy || 'pktvisor'} – pktvisor`; }, [state.policy]);
    return <>
        <a class="skip" href="#main" onClick={event => { event.preventDefault(); document.getElementById('main')!.focus(); }}>Skip to the figures</a>
        <header class="head">
            <div class="row">
                <a class="brand" href={href(state.route, anew)}>
                    <svg viewBox="0 0 32 32" aria-hidden="true"><path d="M3 18h5l4-11 5 18 4-12 2 5h6" /></svg>pktvisor</a>
                <Age />
                <Taps />
                {session.policyNames().length > 0 && <Policies />}
                {from && session.taps().length < 2 && <span class="source" title={visible(from)}>{visible(from)}</span>}
                <span class="gap" />
                {!state.report && <Status />}
                {!state.report && <Times />}
                <button type="button" class="icon" onClick={turn} aria-label={`Colours: ${theme}`} title={`Colours: ${theme}`}><ThemeIcon /></button>
                <button type="button" class="icon" onClick={() => setHelp(true)} aria-label="Help and keys" title="Help (?)">?</button>
            </div>
            <div class="row second"><Tabs /><LedgerStrip /></div>
        </header>
        <Banner />
        <main id="main" tabIndex={-1}>{children}</main>
        {help && <Help close={() => setHelp(false)} />}
    </>;
}
