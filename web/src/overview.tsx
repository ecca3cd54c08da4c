// The first look: how much, how fast, what fails, and who it is.
import type { ComponentChildren } from 'preact';
import { Chart, span, type Line } from './chart';
import { useShown } from './context';
import { Copy } from './copy';
import { titleOf } from './handler_view';
import { seriesKey } from './history';
import { count, find, keysOf, merged, quantiles, type Part, type Wanted } from './overview_sources';
import type { Handler, Metric, Picture } from './picture';
import { live as liveOf, minuteAt, newestHeld } from './session';
import { Empty, Name, visible } from './text';
import { Share, TopTable } from './toplist';
import { clock, exact, full, percent, short } from './units';

const newest = (line: Line, to: number) => {
    for (let second = to; second > to - 5; --second) {
        const value = line.at(second);
        if (value !== undefined) return value;
    }
    return undefined;
};

/** When a minute has only begun its lists say little: the one before is shown, and it is said. */
function useLists(): { picture?: Picture; note: string } {
    const { state, picture } = useShown();
    const before = newestHeld(state);
    const early = !state.report && state.route.time.kind === 'live' && before && (picture?.length ?? 0) < 15;
    return early ? { picture: before, note: ` · minute of ${clock(before.start)}` } : { picture, note: '' };
}

/** Lines of the sources an answer has; several metrics of one are summed. */
function useLines() {
    const { session, state, picture } = useShown();
    // A minute that has begun has nothing yet of some directions: what the others have goes on being drawn.
    const pictures = [liveOf(state), picture, ...state.held.map(held => minuteAt(state, held.start))];
    const found = (wanted: Wanted): Part[] => {
        const parts = pictures.flatMap(one => find(one, wanted)?.parts ?? []);
        const keyOf = ({ handler, metric }: Part) => seriesKey(handler, metric.row.path);
        return [...new Map(parts.reverse().map(part => [keyOf(part), part])).values()];
    };
    const { history } = session;
    const line = (label: string, color: number, wanted: Wanted, more: Partial<Line> & { of?: string } = {}): Line[] => {
        const keys = found(wanted).map(({ handler, metric }) => seriesKey(handler, metric.row.path, more.of));
        if (!keys.length) return [];
        const slowest = more.of && keys.length > 1; // quantiles have no sum
        return [{ label: slowest ? `${label} (slowest tap)` : label, color, fill: more.fill, dash: more.dash,
            mean: second => keys.some(key => history.isMean(key, second)),
            at: second => {
                const values = keys.map(key => history.value(key, second)).filter((value): value is number => value !== undefined);
                if (!values.length) return undefined;
                return slowest ? Math.max(...values) : values.reduce((a, b) => a + b, 0);
            } }];
    };
    const share = (label: string, color: number, part: Wanted): Line[] => {
        const [of] = line('', 1, 'replies'), [value] = line(label, color, part);
        return of && value ? [{ ...value, at: second => {
            const all = of.at(second), some = value.at(second);
            return all ? (some ?? 0) / all * 100 : all === 0 ? 0 : undefined;
        } }] : [];
    };
    const metrics = (...wanted: Wanted[]) => wanted.flatMap(one => found(one).map(part => part.metric));
    return { line, share, metrics, newest: history.newest };
}

/** A figure of now in large, and how it came to be so. */
function Vital({ title, big, sub, lines, unit, metrics }: {
    title: string; big: string; sub?: string; lines: Line[]; unit: string; metrics: Metric[] }) {
    return <section class="card vital">
        <header><h2>{title}</h2><Copy metrics={metrics} what={title} /></header>
        <p class="big">{big}{sub && <small>{sub}</small>}</p>
        <Chart title={title} lines={lines} unit={unit} height={130} />
    </section>;
}

const mean = (line: Line, [from, to]: [number, number], step: number) => {
    const values = Array.from({ length: Math.ceil((to - from + 1) / step) }, (_, i) => line.at(from + i * step)).filter((value): value is number => value !== undefined);
    return values.length ? values.reduce((a, b) => a + b, 0) / values.length : undefined;
};

function Vitals() {
    const { session, picture, state } = useShown();
    const { picture: settled, note } = useLists();
    const { line, share, metrics, newest: at } = useLines();
    const live = state.route.time.kind === 'live' && !state.report;
    const now = ([first]: Line[], unit: string) => short(first && (live ? newest(first, at) : mean(first, span(session), session.history.step)), unit);
    const said = live ? ' now' : ' mean';
    const total = (wanted: Wanted, per = picture?.length ?? 0) => {
        const n = count(picture, wanted);
        return n !== undefined && per ? n / per : undefined;
    };
    const part = (wanted: Wanted) => {
        const all = count(settled, 'replies'), some = count(settled, wanted);
        return all && some !== undefined ? some / all : undefined;
    };
    const packets = line('all', 1, 'packetsAll', { fill: true });
    const bytes = line('all', 1, 'bytesAll', { fill: true });
    const counted = [...line('queries', 1, 'queries', { fill: true }), ...line('replies', 3, 'replies')];
    const queries = state.report ? line('messages', 1, 'messages', { fill: true }) : counted;
    const latency = quantiles(find(settled, 'latencyIn') ?? find(settled, 'latencyOut'));
    return <>
        {packets.length > 0 && <Vital title="Packets" big={now(packets, '{packet}/s')} sub={said} unit="{packet}/s"
            lines={[...packets, ...line('in', 2, 'packetsIn'), ...line('out', 3, 'packetsOut')]} metrics={metrics('packetsAll')} />}
        {bytes.length > 0 && <Vital title="Traffic" big={now(bytes, 'By/s')} sub={said} unit="By/s"
            lines={[...bytes, ...line('in', 2, 'bytesIn'), ...line('out', 3, 'bytesOut')]} metrics={metrics('bytesAll')} />}
        {queries.length > 0 && <Vital title={state.report ? 'DNS messages' : 'DNS queries'} unit={state.report ? '{message}/s' : '{query}/s'} lines={queries}
            big={state.report ? now(queries, '{message}/s') : short(live ? newest(queries[0], at) : total('queries'), '{query}/s')} sub={said} metrics={metrics('queries')} />}
        {metrics('replies').length > 0 && !state.report && <Vital title="DNS failures" unit="%" big={percent(part('nxdomain'))} sub={` of replies NXDOMAIN${note}`}
            lines={[...share('NXDOMAIN', 6, 'nxdomain'), ...share('SERVFAIL', 5, 'srvfail'), ...share('REFUSED', 7, 'refused')]}
            metrics={metrics('nxdomain', 'srvfail')} />}
        {(metrics('latencyIn').length > 0 || metrics('latencyOut').length > 0) && !state.report &&
            <Vital title="DNS latency" unit="us" big={short(latency?.p50, 'us')} sub={` p50 · ${short(latency?.p99, 'us')} p99${note}`}
                lines={[...line('p50 to host', 1, 'latencyIn', { of: 'p50' }), ...line('p99 to host', 5, 'latencyIn', { of: 'p99' }),
                    ...line('p50 from host', 3, 'latencyOut', { of: 'p50', dash: true }), ...line('p99 from host', 7, 'latencyOut', { of: 'p99', dash: true })]}
                metrics={metrics('latencyIn', 'latencyOut')} />}
    </>;
}

const codes: [string, Wanted, number][] = [
    ['NOERROR', 'noerror', 1], ['NXDOMAIN', 'nxdomain', 6], ['SERVFAIL', 'srvfail', 5], ['REFUSED', 'refused', 7]];

function Health() {
    const { to } = useShown();
    const { picture, note } = useLists();
    const found = find(picture, 'replies');
    const replies = count(picture, 'replies') ?? 0;
    const handler = found?.handler ?? picture?.handlers.find(one => keysOf('replies').includes(one.key));
    if (!handler) return null;
    const parts = codes.map(([name, wanted, color]) => ({ name, color, n: count(picture, wanted) ?? 0 }));
    const other = Math.max(replies - parts.reduce((sum, one) => sum + one.n, 0), 0);
    const all = [...parts, { name: 'other', color: 8, n: other }];
    const toHost = quantiles(find(picture, 'latencyIn'));
    const latency = toHost ?? quantiles(find(picture, 'latencyOut'));
    const rows: [string, string, string][] = [
        ['Queries', exact(count(picture, 'queries') ?? 0), ''],
        ['Timed out', exact(count(picture, 'timedOut') ?? 0), 'queries without a reply'],
        ['No data', percent(replies ? (count(picture, 'nodata') ?? 0) / replies : undefined), 'of replies have no answer'],
        ['Latency p99', short(latency?.p99, 'us'), toHost || !latency ? 'of queries to this host' : 'of queries of this host']];
    return <section class="card vital">
        <header><h2>DNS health</h2></header>
        {note && <p class="help">{note.slice(3)}</p>}
        {!replies ? <Empty what="No DNS replies yet."
            todo="Ports 53, 5353, 5355 and 53000 are read as DNS; filters and disabled metric groups of the policy keep it out." /> : <>
            <div class="stack" aria-hidden="true">{all.filter(one => one.n).map(one =>
                <i class={`k${one.color}`} style={{ flexGrow: one.n }} />)}</div>
            <ul class="legend">{all.filter(one => one.n).map(one => <li><span class={`key k${one.color}`} aria-hidden="true" />
                {one.name} <b>{percent(one.n / replies)}</b></li>)}</ul></>}
        <dl class="facts two">{rows.map(([name, value, help]) => <div><dt>{name}{help && <small>{help}</small>}</dt><dd>{value}</dd></div>)}</dl>
        <p class="foot"><a href={to({ view: 'handler', which: handler.instance })}>All of DNS →</a></p>
    </section>;
}

function Talkers() {
    const { to } = useShown();
    const { picture, note } = useLists();
    const found = merged(picture, 'remote4', 'remote6');
    if (!found) return null;
    return <section class="card">
        <header><h2>Top talkers</h2><Copy metrics={find(picture, 'remote4')?.metrics ?? []} what="top talkers" /></header>
        <p class="help">remote addresses by packets{note}</p>
        {!found.top ? <Empty what="No remote address yet." why="They are known when traffic has a direction."
            todo="Say which addresses are this host with -H, or host_spec of the tap." />
        : <div class="scroll"><table><caption class="offscreen">Top talkers</caption>
            <thead><tr><th scope="col">address</th><th scope="col" class="n">packets</th><th scope="col" class="share">share</th></tr></thead>
            <tbody>{found.top.items.slice(0, 8).map(item => <tr>
                <th scope="row"><a href={to({ view: 'name', which: item.name })} title={visible(item.name)}><Name text={item.name} /></a></th>
                <td class="n">{full(item.estimate)}</td><Share part={found.top!.total ? item.estimate / found.top!.total : 0} /></tr>)}</tbody>
        </table></div>}
        <p class="foot"><a href={to({ view: 'handler', which: found.handler.instance })}>All of the network →</a></p>
    </section>;
}

function List({ title, wanted, none }: { title: string; wanted: Wanted; none: string }) {
    const { picture, note } = useLists();
    const found = merged(picture, wanted);
    if (!found) return null;
    const { handler, metric } = found;
    return <section class="card">
        <header><h2>{title}</h2><Copy metrics={find(picture, wanted)!.metrics} what={title} /></header>
        <p class="help">{metric.row.help}{note}</p>
        {metric.top?.items.length ? <TopTable handler={handler} metric={metric} title={title} limit={8} find={false} /> : <Empty what={none} />}
    </section>;
}

/** Of a handler the overview knows no figures of: its first rates and its first list. */
function Any({ handler }: { handler: Handler }) {
    const { session, to } = useShown();
    const rates = handler.metrics.filter(metric => metric.rate);
    const top = handler.metrics.find(metric => metric.top?.items.length);
    const facts = handler.metrics.filter(metric => metric.value || metric.quantiles).slice(0, 6);
    const unit = rates[0]?.row.unit;
    return <section class="card vital">
        <header><h2>{visible(handler.type)}</h2></header>
        <p class="help">{visible(handler.instance)}</p>
        {rates.length > 0 && <Chart title={handler.type} unit={unit} height={130}
            lines={rates.filter(metric => metric.row.unit === unit).slice(0, 3).map((metric, i): Line => ({
                label: visible(metric.row.path.replace(/^rates\./, '')), color: i + 1,
                at: second => session.history.value(seriesKey(handler, metric.row.path), second) }))} />}
        {facts.length > 0 ? <dl class="facts">{facts.map(metric => <div><dt>{visible(metric.row.path)}<small>{visible(metric.row.help)}</small></dt>
            <dd>{metric.quantiles ? short(metric.quantiles.p50, metric.row.unit) : exact(metric.value!)}</dd></div>)}</dl>
            : <Empty what="Nothing counted yet." />}
        {top && <TopTable handler={handler} metric={top} title={titleOf(top)} limit={5} find={false} />}
        <p class="foot"><a href={to({ view: 'handler', which: handler.instance })}>All of {visible(handler.type)} →</a></p>
    </section>;
}

export function Overview(): ComponentChildren {
    const { picture } = useShown();
    const known = new Set(['packets', 'net', 'dns', 'pcap']);
    const rest = (picture?.handlers ?? []).filter(handler => !known.has(handler.key));
    return <>
        <h1 class="offscreen">Overview</h1>
        <div class="cards overview">
            <Vitals /><Health /><Talkers />
            <List title="Top NXDOMAIN names" wanted="topNxdomain" none="No name was answered with NXDOMAIN." />
            <List title="Top SERVFAIL names" wanted="topSrvfail" none="No name was answered with SERVFAIL." />
            <List title="Top names" wanted="topNames" none="No names yet." />
            <List title="Slowest names" wanted="topSlow" none="No pair was slower than the 90th percentile of the minute before." />
            {rest.map(handler => <Any key={handler.instance} handler={handler} />)}
        </div>
    </>;
}
