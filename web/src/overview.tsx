// The first look: how much, how fast, what fails, and who it is.
import type { ComponentChildren } from 'preact';
import { Chart, type Line } from './chart';
import { useShown } from './context';
import { Copy } from './copy';
import { titleOf } from './handler_view';
import { seriesKey } from './history';
import { count, find, sources } from './overview_sources';
import type { Handler, Item, Metric, Picture } from './picture';
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
    const before = state.held[0]?.picture;
    const early = !state.report && state.route.time.kind === 'live' && before && (picture?.length ?? 0) < 15;
    return early ? { picture: before, note: ` · minute of ${clock(before.start)}` } : { picture, note: '' };
}

type Wanted = keyof typeof sources;

/** Lines of the sources an answer has; several metrics of one are summed. */
function useLines() {
    const { session, state, picture } = useShown();
    const now = state.live ?? picture;
    const { history } = session;
    const line = (label: string, color: number, wanted: Wanted, more: Partial<Line> & { of?: string } = {}): Line[] => {
        const found = find(now, sources[wanted]);
        if (!found) return [];
        const keys = found.metrics.map(metric => seriesKey(found.handler, metric.row.path, more.of));
        return [{ label, color, fill: more.fill, dash: more.dash, at: second => {
            const values = keys.map(key => history.value(key, second)).filter((value): value is number => value !== undefined);
            return values.length ? values.reduce((a, b) => a + b, 0) : undefined;
        } }];
    };
    const share = (label: string, color: number, part: Wanted): Line[] => {
        const [of] = line('', 1, 'replies'), [value] = line(label, color, part);
        return of && value ? [{ ...value, at: second => {
            const all = of.at(second), some = value.at(second);
            return all ? (some ?? 0) / all * 100 : all === 0 ? 0 : undefined;
        } }] : [];
    };
    const metrics = (...wanted: Wanted[]) => wanted.flatMap(one => find(now, sources[one])?.metrics ?? []);
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

const meanRate = (picture: Picture | undefined, wanted: Wanted) => {
    const found = find(picture, sources[wanted]);
    const seconds = found?.metrics[0].rate?.seconds?.values;
    return seconds?.length ? seconds.reduce((a, b) => a + b, 0) / seconds.length : undefined;
};

function Vitals() {
    const { picture, state } = useShown();
    const { line, share, metrics, newest: at } = useLines();
    const live = state.route.time.kind === 'live' && !state.report;
    const now = (lines: Line[], wanted: Wanted, unit: string) =>
        short(live && lines.length ? newest(lines[0], at) : meanRate(picture, wanted), unit);
    const said = live ? ' now' : ' mean';
    const total = (wanted: Wanted, per = picture?.length ?? 0) => {
        const n = count(picture, sources[wanted]);
        return n !== undefined && per ? n / per : undefined;
    };
    const part = (wanted: Wanted) => {
        const all = count(picture, sources.replies), some = count(picture, sources[wanted]);
        return all && some !== undefined ? some / all : undefined;
    };
    const packets = line('all', 1, 'packetsAll', { fill: true });
    const bytes = line('all', 1, 'bytesAll', { fill: true });
    const counted = [...line('queries', 1, 'queries', { fill: true }), ...line('replies', 3, 'replies')];
    const queries = state.report ? line('messages', 1, 'messages', { fill: true }) : counted;
    const latency = (find(picture, sources.latencyIn) ?? find(picture, sources.latencyOut))?.metrics[0].quantiles;
    return <>
        {packets.length > 0 && <Vital title="Packets" big={now(packets, 'packetsAll', '{packet}/s')} sub={said} unit="{packet}/s"
            lines={[...packets, ...line('in', 2, 'packetsIn'), ...line('out', 3, 'packetsOut')]} metrics={metrics('packetsAll')} />}
        {bytes.length > 0 && <Vital title="Traffic" big={now(bytes, 'bytesAll', 'By/s')} sub={said} unit="By/s"
            lines={[...bytes, ...line('in', 2, 'bytesIn'), ...line('out', 3, 'bytesOut')]} metrics={metrics('bytesAll')} />}
        {queries.length > 0 && <Vital title="DNS queries" unit={state.report ? '{message}/s' : '{query}/s'} lines={queries}
            big={short(live ? newest(queries[0], at) : total('queries'), '{query}/s')} sub={said} metrics={metrics('queries')} />}
        {find(picture, sources.replies) && !state.report && <Vital title="DNS failures" unit="%" big={percent(part('nxdomain'))} sub=" of replies NXDOMAIN"
            lines={[...share('NXDOMAIN', 6, 'nxdomain'), ...share('SERVFAIL', 5, 'srvfail'), ...share('REFUSED', 7, 'refused')]}
            metrics={metrics('nxdomain', 'srvfail')} />}
        {(metrics('latencyIn').length > 0 || metrics('latencyOut').length > 0) && !state.report &&
            <Vital title="DNS latency" unit="us" big={short(latency?.p50, 'us')} sub={` p50 · ${short(latency?.p99, 'us')} p99`}
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
    const found = find(picture, sources.replies);
    const replies = count(picture, sources.replies) ?? 0;
    if (!found) return null;
    const parts = codes.map(([name, wanted, color]) => ({ name, color, n: count(picture, sources[wanted]) ?? 0 }));
    const other = Math.max(replies - parts.reduce((sum, one) => sum + one.n, 0), 0);
    const all = [...parts, { name: 'other', color: 8, n: other }];
    const toHost = find(picture, sources.latencyIn)?.metrics[0].quantiles;
    const latency = toHost ?? find(picture, sources.latencyOut)?.metrics[0].quantiles;
    const rows: [string, string, string][] = [
        ['Queries', exact(count(picture, sources.queries) ?? 0), ''],
        ['Timed out', exact(count(picture, sources.timedOut) ?? 0), 'queries without a reply'],
        ['No data', percent(replies ? (count(picture, sources.nodata) ?? 0) / replies : undefined), 'of replies have no answer'],
        ['Latency p99', short(latency?.p99, 'us'), toHost || !latency ? 'of queries to this host' : 'of queries of this host']];
    return <section class="card vital">
        <header><h2>DNS health</h2></header>
        {note && <p class="help">{note.slice(3)}</p>}
        {!replies ? <Empty what="No DNS replies yet." todo="Ports 53, 5353, 5355 and 53000 are read as DNS." /> : <>
            <div class="stack" aria-hidden="true">{all.filter(one => one.n).map(one =>
                <i class={`k${one.color}`} style={{ flexGrow: one.n }} />)}</div>
            <ul class="legend">{all.filter(one => one.n).map(one => <li><span class={`key k${one.color}`} aria-hidden="true" />
                {one.name} <b>{percent(one.n / replies)}</b></li>)}</ul></>}
        <dl class="facts two">{rows.map(([name, value, help]) => <div><dt>{name}{help && <small>{help}</small>}</dt><dd>{value}</dd></div>)}</dl>
        <p class="foot"><a href={to({ view: 'handler', which: found.handler.instance })}>All of DNS →</a></p>
    </section>;
}

/** Lists of one kind put together: addresses of both families, directions. */
function merged(picture: Picture | undefined, ...wanted: Wanted[]): { items: Item[]; total: number; handler: Handler } | undefined {
    const found = wanted.map(one => find(picture, sources[one])).filter((one): one is NonNullable<typeof one> => !!one);
    if (!found.length) return undefined;
    const items = new Map<string, Item>();
    let total = 0;
    for (const metric of found.flatMap(one => one.metrics)) {
        total += metric.top?.total ?? 0;
        for (const item of metric.top?.items ?? []) {
            const seen = items.get(item.name);
            items.set(item.name, { ...item, estimate: item.estimate + (seen?.estimate ?? 0) });
        }
    }
    return { items: [...items.values()].sort((a, b) => b.estimate - a.estimate), total, handler: found[0].handler };
}

function Talkers() {
    const { to } = useShown();
    const { picture, note } = useLists();
    const found = merged(picture, 'remote4', 'remote6');
    if (!found) return null;
    return <section class="card">
        <header><h2>Top talkers</h2><Copy metrics={find(picture, sources.remote4)?.metrics ?? []} what="top talkers" /></header>
        <p class="help">remote addresses by packets{note}</p>
        {!found.items.length ? <Empty what="No remote address yet." why="They are known when traffic has a direction."
            todo="Say which addresses are this host with -H, or host_spec of the tap." />
        : <div class="scroll"><table><caption class="offscreen">Top talkers</caption>
            <thead><tr><th scope="col">address</th><th scope="col" class="n">packets</th><th scope="col" class="share">share</th></tr></thead>
            <tbody>{found.items.slice(0, 8).map(item => <tr>
                <th scope="row"><a href={to({ view: 'name', which: item.name })} title={visible(item.name)}><Name text={item.name} /></a></th>
                <td class="n">{full(item.estimate)}</td><Share part={found.total ? item.estimate / found.total : 0} /></tr>)}</tbody>
        </table></div>}
        <p class="foot"><a href={to({ view: 'handler', which: found.handler.instance })}>All of the network →</a></p>
    </section>;
}

function List({ title, wanted, none }: { title: string; wanted: Wanted; none: string }) {
    const { picture, note } = useLists();
    const found = find(picture, sources[wanted]);
    if (!found) return null;
    const metric = found.metrics.find(one => one.top?.items.length) ?? found.metrics[0];
    return <section class="card">
        <header><h2>{title}</h2><Copy metrics={[metric]} what={title} /></header>
        <p class="help">{metric.row.help}{note}</p>
        {metric.top?.items.length ? <TopTable handler={found.handler} metric={metric} title={title} limit={8} find={false} /> : <Empty what={none} />}
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
