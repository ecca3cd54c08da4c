// Counters in tables by what they are parts of; those of several directions side by side.
import { useState } from 'preact/hooks';
import { Spark } from './chart';
import { useBefore, useShown } from './context';
import { Copy } from './copy';
import { seriesKey } from './history';
import type { Handler, Metric } from './picture';
import { visible } from './text';
import { exact, percent, short, signed } from './units';

const dimensionOf = (metric: Metric) => metric.row.dimension?.value ?? '';

/** "in.protocol.tcp.syn" of the direction "in": [“protocol.tcp”, “syn”]. */
export function split(metric: Metric): [string, string] {
    const prefix = dimensionOf(metric) && `${dimensionOf(metric)}.`;
    const path = prefix && metric.row.path.startsWith(prefix) ? metric.row.path.slice(prefix.length) : metric.row.path;
    const dot = path.lastIndexOf('.');
    return [path.slice(0, Math.max(dot, 0)), path.slice(dot + 1)];
}

const wholes = /^(total|total_packets|xacts|events|observed_packets|queries|replies)$/;

/** The sibling that counts everything, if there is one: what a share is of. */
function wholeOf(siblings: Metric[], metric: Metric): number | undefined {
    const same = siblings.filter(other => dimensionOf(other) === dimensionOf(metric));
    const name = (other: Metric) => split(other)[1];
    const total = same.find(other => /^(total|total_packets|xacts)$/.test(name(other))) ?? same.find(other => wholes.test(name(other)));
    const value = total?.value ?? 0;
    return total && total !== metric && value > 0 && metric.value! <= value ? value : undefined;
}

interface Line { name: string; cells: (Metric | undefined)[] }
interface Group { prefix: string; dimensions: string[]; rows: Line[] }

/** Tables of one prefix; metrics of one name in several dimensions are a line. */
export function grouped(metrics: Metric[]): Group[] {
    const groups = new Map<string, Metric[]>();
    for (const metric of metrics) {
        const prefix = `${metric.row.dimension ? `by ${metric.row.dimension.label} ` : ''}${split(metric)[0]}`.trim();
        groups.set(prefix, [...(groups.get(prefix) ?? []), metric]);
    }
    return [...groups].map(([prefix, of]) => {
        const dimensions = [...new Set(of.map(dimensionOf))];
        const names = [...new Set(of.map(metric => split(metric)[1]))];
        return { prefix, dimensions, rows: names.map(name => ({ name, cells: dimensions.map(dimension =>
            of.find(metric => split(metric)[1] === name && dimensionOf(metric) === dimension)) })) };
    });
}

function Cell({ handler, metric, siblings, many }: { handler: Handler; metric?: Metric; siblings: Metric[]; many: boolean }) {
    const { session, against, state } = useShown();
    const before = useBefore(handler);
    if (!metric) return <><td class="n" /><td class="share" />{!many && <td class="moves" />}</>;
    const earlier = metric.row.kind === 'counter' ? Math.round((before.of(metric)?.value ?? 0) * before.scale)
        : before.of(metric)?.value ?? 0;
    const all = wholeOf(siblings, metric);
    const key = seriesKey(handler, metric.row.path);
    const moves = !many && state.route.time.kind === 'live' && !state.report && metric.row.kind === 'counter' && metric.value! > 0;
    return <>
        <td class="n" data-path={metric.row.path}>{exact(metric.value!)}
            {against && <small class="change">{signed(metric.value! - earlier)}</small>}</td>
        <td class="share">{all !== undefined && <><span class="bar" aria-hidden="true"><i style={{ width: `${metric.value! / all * 100}%` }} /></span>
            <span>{percent(metric.value! / all)}</span></>}
            </td>{!many && <td class="moves">{moves && <Spark at={second => (session.history.isMean(key, second) ? undefined : session.history.value(key, second))}
                label={`a second over the last minute: ${short(session.history.value(key, session.history.newest), '1')}`} />}</td>}
    </>;
}

function Table({ handler, group, hide }: { handler: Handler; group: Group; hide: (row: Line) => boolean }) {
    const siblings = group.rows.flatMap(row => row.cells).filter((metric): metric is Metric => !!metric);
    const rows = group.rows.filter(row => !hide(row));
    if (!rows.length) return null;
    const many = group.dimensions.length > 1;
    return <div class={many ? 'scroll many' : 'scroll'}><table class="counters">
        <caption>{visible(group.prefix) || 'in all'}</caption>
        <thead class={many ? '' : 'offscreen'}><tr><th scope="col">counter</th>{group.dimensions.map(dimension =>
            <th scope="col" colSpan={many ? 2 : 3} class="n">{visible(dimension) || 'count'}</th>)}</tr></thead>
        <tbody>{rows.map(row => <tr class={row.cells.some(metric => metric?.value) ? '' : 'zero'}>
            <th scope="row"><span class="what">{visible(row.name)}</span>
                <small>{visible(row.cells.find(Boolean)?.row.help ?? '')}</small></th>
            {row.cells.map(metric => <Cell handler={handler} metric={metric} siblings={siblings} many={many} />)}
        </tr>)}</tbody>
    </table></div>;
}

export function Counters({ handler, metrics }: { handler: Handler; metrics: Metric[] }) {
    const [zeros, setZeros] = useState(false);
    const groups = grouped(metrics);
    const before = useBefore(handler);
    const zero = (row: Line) => !row.cells.some(metric => metric && (metric.value || before.of(metric)?.value));
    const none = groups.flatMap(group => group.rows).filter(zero).length;
    if (!metrics.length) return null;
    return <section class="card wide" aria-labelledby="counters">
        <header><h2 id="counters">Counters</h2><Copy metrics={metrics.slice(0, 1)} what="counters" /></header>
        {none > 0 && !zeros && !metrics.some(metric => metric.value) && <p class="empty">All are zero in these {handler.length} s.</p>}
        <div class="tables">{groups.map(group => <Table handler={handler} group={group} hide={row => !zeros && zero(row)} />)}</div>
        {none > 0 && <p class="foot"><button type="button" class="link" aria-expanded={zeros} onClick={() => setZeros(!zeros)}>
            {zeros ? 'Hide' : 'Show'} {none} that {none === 1 ? 'is' : 'are'} zero</button></p>}
    </section>;
}

export function Distinct({ handler, metrics }: { handler: Handler; metrics: Metric[] }) {
    const before = useBefore(handler);
    if (!metrics.length) return null;
    return <section class="card wide" aria-labelledby="distinct">
        <header><h2 id="distinct">How many different</h2><Copy metrics={metrics} what="distinct counts" /></header>
        <dl class="tiles">{metrics.map(metric => {
            const earlier = before.of(metric)?.value;
            const sure = metric.lower === metric.upper;
            return <div><dt>{visible(metric.row.path.replace(/(^|\.)cardinality\./, '$1'))}<small>{visible(metric.row.help)}</small></dt>
                <dd data-path={metric.row.path}>{exact(metric.value!)}{earlier !== undefined && <small class="change">{signed(metric.value! - earlier)}</small>}
                    {metric.lower !== undefined && <small>{sure ? 'exactly'
                        : `${exact(Math.round(metric.lower))} – ${exact(Math.round(metric.upper!))}, 95 % sure`}</small>}</dd></div>;
        })}</dl>
    </section>;
}
