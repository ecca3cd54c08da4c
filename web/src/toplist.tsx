// A top list as a table: shares as bars, bounds, search, sort, more, and a way into each name.
import { useState } from 'preact/hooks';
import { useBefore, useShown } from './context';
import { Copy } from './copy';
import type { Handler, Item, Metric } from './picture';
import { Empty, Name, visible } from './text';
import { full, percent, signed } from './units';

type Column = 'count' | 'name' | 'change';
const atOnce = 10;

interface Shown extends Item { rank: number; change?: number; gone?: boolean }

function arranged(metric: Metric, before: Metric | undefined, scale: number, query: string, column: Column, up: boolean): Shown[] {
    const earlier = new Map(before?.top?.items.map(item => [item.name, item.estimate]));
    const wanted = query.toLowerCase();
    const items = (metric.top?.items ?? []).map((item, i): Shown => ({
        ...item, rank: i + 1, change: before ? item.estimate - Math.round((earlier.get(item.name) ?? 0) * scale) : undefined }));
    const now = new Set(items.map(item => item.name));
    for (const item of before?.top?.items ?? []) // was listed then, and is not now
        if (!now.has(item.name)) items.push({ ...item, estimate: 0, lower: 0, upper: 0, rank: items.length + 1, gone: true,
                                              change: -Math.round(item.estimate * scale) });
    const order: Record<Column, (a: Shown, b: Shown) => number> = {
        count: (a, b) => b.estimate - a.estimate || a.rank - b.rank,
        name: (a, b) => (a.name < b.name ? -1 : 1),
        change: (a, b) => Math.abs(b.change ?? 0) - Math.abs(a.change ?? 0) };
    const kept = items.filter(item => !wanted || visible(item.name).toLowerCase().includes(wanted)).sort(order[column]);
    return up ? kept.reverse() : kept;
}

function SortHead({ column, now, up, set, children, ...rest }: { column: Column; now: Column; up: boolean;
    set: (column: Column, up: boolean) => void; children: any; class?: string }) {
    const active = column === now;
    return <th scope="col" {...rest} aria-sort={active ? (up !== (column === 'name') ? 'ascending' : 'descending') : 'none'}>
        <button type="button" class="sort" onClick={() => set(column, active ? !up : false)}>
            {children}<span aria-hidden="true">{active ? (up ? ' ▴' : ' ▾') : ''}</span></button></th>;
}

/** What the bar is a part of: everything counted, or what is listed when that is not told. */
export const whole = (metric: Metric) =>
    metric.top?.total || (metric.top?.items ?? []).reduce((sum, item) => sum + item.estimate, 0);

export function Share({ part }: { part: number }) {
    return <td class="share"><span class="bar" aria-hidden="true"><i style={{ width: `${Math.min(part, 1) * 100}%` }} /></span>
        <span>{percent(part)}</span></td>;
}

function Line({ item, all, unit, compare, bounds }: { item: Shown; all: number; unit: string; compare: boolean; bounds: boolean }) {
    const { to } = useShown();
    return <tr>
        <th scope="row"><a href={to({ view: 'name', which: item.name })} title={visible(item.name)}><Name text={item.name} /></a></th>
        <td class={item.gone ? 'n faint' : 'n'}>{item.gone ? 'not listed' : full(item.estimate, unit)}</td>
        {compare && <td class={`n change ${(item.change ?? 0) > 0 ? 'more' : (item.change ?? 0) < 0 ? 'less' : ''}`}>
            {signed(item.change ?? 0, unit)}</td>}
        {bounds && <td class="n bounds">{item.upper > item.lower ? `${full(item.lower, unit)} – ${full(item.upper, unit)}` : item.gone ? '' : 'exact'}</td>}
        <Share part={all ? item.estimate / all : 0} />
    </tr>;
}

export function emptyTop(metric: Metric, handler: Handler) {
    const direction = /^(in|out)\./.test(metric.row.path) || ['ipv4', 'ipv6', 'geo_loc', 'asn'].includes(metric.row.label ?? '');
    const geo = ['geo_loc', 'asn'].includes(metric.row.label ?? '');
    return <Empty what="Nothing to list."
        why={handler.length ? `None in these ${handler.length} s.` : 'The minute has only begun.'}
        todo={geo ? 'Places and networks need databases: start with --geo-city and --geo-asn.'
            : direction ? 'Remote addresses are known when traffic has a direction: say which addresses are this host with -H, '
                + 'or host_spec of the tap.' : 'Lists fill as traffic comes; a filter of the policy may keep it out.'} />;
}

export function TopTable({ handler, metric, title, limit = atOnce, find = true }: { handler: Handler; metric: Metric; title: string; limit?: number; find?: boolean }) {
    const { of: before, scale } = useBefore(handler);
    const { against } = useShown();
    const [query, setQuery] = useState('');
    const [more, setMore] = useState(0);
    const [[column, up], sort] = useState<[Column, boolean]>(['count', false]);
    if (!metric.top?.items.length) return emptyTop(metric, handler);
    const items = arranged(metric, before(metric), scale, query, column, up);
    const all = whole(metric), { unit } = metric.row;
    const bounds = metric.top.items.some(item => item.upper > item.lower);
    const shown = items.slice(0, limit + more);
    const set = (to: Column, rising: boolean) => sort([to, rising]);
    return <div class="top">
        {find && metric.top.items.length > 5 &&
            <input type="search" class="find" placeholder="Search" aria-label={`Search ${title}`} value={query}
                onInput={event => setQuery(event.currentTarget.value)} />}
        <div class="scroll"><table>
            <caption class="offscreen">{title}</caption>
            <thead><tr>
                <SortHead column="name" now={column} up={up} set={set}>{visible(metric.row.label ?? 'name')}</SortHead>
                <SortHead column="count" now={column} up={up} set={set} class="n">count</SortHead>
                {against && <SortHead column="change" now={column} up={up} set={set} class="n">change</SortHead>}
                {bounds && <th scope="col" class="n bounds">between</th>}
                <th scope="col" class="share">share</th>
            </tr></thead>
            <tbody>{shown.map(item => <Line key={item.name} item={item} all={all} unit={unit} compare={!!against} bounds={bounds} />)}</tbody>
        </table></div>
        {!items.length && <p class="empty">No name has “{visible(query)}”.</p>}
        <p class="foot">
            {items.length > shown.length &&
                <button type="button" class="link" onClick={() => setMore(more + 25)}>
                    Show {Math.min(25, items.length - shown.length)} more</button>}
            <span>{full(all, unit)} in all{metric.top.unlistedMax
                ? `; what is not listed has at most ${full(metric.top.unlistedMax, unit)} each` : ''}</span></p>
    </div>;
}

export function TopCard({ handler, metric, title }: { handler: Handler; metric: Metric; title: string }) {
    return <section class="card">
        <header><h2>{title}</h2><Copy metrics={[metric]} what={title} /></header>
        <p class="help">{metric.row.help}</p>
        <TopTable handler={handler} metric={metric} title={title} />
    </section>;
}
