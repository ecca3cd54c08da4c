// Quantiles as what they come from: a histogram of exact counts over bins that grow by a factor, and the same over the
// minutes held as a heatmap.
import { useBefore, useMinutes, useShown } from './context';
import { Copy } from './copy';
import { quantileNames, type Bin, type Handler, type Metric } from './picture';
import { Empty } from './text';
import { clock, exact, percent, short, signed } from './units';

const perDoubling = 4;
/** Bins as the agent has them begin at powers of two and their quarters; below one everything is one bin. */
const place = (lower: number) => (lower > 0 ? Math.floor(Math.log2(lower) * perDoubling + 1e-6) : -1e9);
const startOf = (at: number) => 2 ** (at / perDoubling);

/** Counts by place, of bins of any width: a wide bin (of a histogram of few bounds) is spread over its places. */
function placed(bins: Bin[]): Map<number, number> {
    const out = new Map<number, number>();
    const add = (at: number, count: number) => out.set(at, (out.get(at) ?? 0) + count);
    for (const [lower, upper, count] of bins) {
        const from = place(Math.max(lower, upper / 64, 1e-9)), to = Math.max(place(upper * 0.999), from);
        for (let at = from; at <= to; ++at) add(at, count / (to - from + 1));
    }
    return out;
}

function extent(all: Map<number, number>[]): [number, number] | undefined {
    const places = all.flatMap(one => [...one.keys()]);
    if (!places.length) return undefined;
    let [from, to] = [Math.min(...places), Math.max(...places)];
    while (to - from < 11) --from, ++to; // a single value is a bar, not a wall
    return [from, to];
}

/** A few round places to write at. */
function ticks([from, to]: [number, number], most: number): number[] {
    const step = Math.max(perDoubling, Math.ceil((to - from) / most / perDoubling) * perDoubling);
    const first = Math.ceil(from / step) * step;
    return Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, i) => first + i * step);
}

const wide = 600, tall = 150;

function Bars({ bins, unit, metric }: { bins: Bin[]; unit: string; metric: Metric }) {
    const counts = placed(bins), range = extent([counts])!;
    const most = Math.max(...counts.values()), all = bins.reduce((sum, bin) => sum + bin[2], 0);
    const x = (at: number) => (at - range[0]) / (range[1] - range[0] + 1) * wide;
    const exactly = (value: number) => x(Math.log2(Math.max(value, startOf(range[0]))) * perDoubling);
    const width = wide / (range[1] - range[0] + 1);
    const marks = (['p50', 'p99'] as const).map(name => [name, metric.quantiles![name]] as const)
        .filter((mark): mark is ['p50' | 'p99', number] => mark[1] !== undefined);
    const label = `Histogram of ${metric.row.help}: ${exact(all)} values` +
        marks.map(([name, value]) => `, ${name} ${short(value, unit)}`).join('');
    return <svg class="bars" viewBox={`0 0 ${wide} ${tall + 20}`} role="img" aria-label={label}>
        <line class="ground" x1="0" x2={wide} y1={tall} y2={tall} />
        {[...counts].map(([at, count]) => {
            const height = Math.max(count / most * (tall - 16), 1.5);
            return <rect class="bin" x={x(at) + 0.5} width={Math.max(width - 1, 1)} y={tall - height} height={height} rx="1.5">
                <title>{`${short(startOf(at), unit)} – ${short(startOf(at + 1), unit)}: ${exact(Math.round(count))} (${percent(count / all)})`}</title>
            </rect>;
        })}
        {marks.map(([name, value]) => <g class="mark">
            <line x1={exactly(value)} x2={exactly(value)} y1="2" y2={tall} />
            <text x={exactly(value) + (exactly(value) > wide - 60 ? -4 : 4)} y="12"
                text-anchor={exactly(value) > wide - 60 ? 'end' : 'start'}>{name}</text></g>)}
        {ticks(range, 8).map(at => <text class="tick" x={x(at)} y={tall + 14} text-anchor="middle">{short(startOf(at), unit)}</text>)}
    </svg>;
}

/** How a distribution moved over the minutes: one column each, darker where more values lie. */
function Heat({ handler, metric }: { handler: Handler; metric: Metric }) {
    const { unit, path } = metric.row;
    const columns = useMinutes().map(minute => {
        const same = minute.picture.handlers.find(other => other.instance === handler.instance)?.byPath.get(path);
        return { ...minute, counts: placed(same?.quantiles?.bins ?? []), quantiles: same?.quantiles };
    });
    const range = extent(columns.map(column => column.counts));
    if (!range || columns.length < 2) return null;
    const left = 62, rows = range[1] - range[0] + 1, high = Math.min(Math.max(rows * 6, 80), 200);
    const most = columns.map(column => Math.max(1, ...column.counts.values()));
    const width = (wide - left) / columns.length, height = high / rows;
    const label = 'Heatmap over the minutes held: ' + columns.map(column =>
        `${clock(column.start, false)} median ${short(column.quantiles?.p50, unit)}`).join(', ');
    return <svg class="heat" viewBox={`0 0 ${wide} ${high + 20}`} role="img" aria-label={label}>
        {columns.map((column, i) => <g>
            {[...column.counts].map(([at, count]) =>
                <rect x={left + i * width + 1} width={width - 2} y={(range[1] - at) * height} height={height + 0.3}
                    fill-opacity={0.08 + 0.92 * Math.sqrt(count / most[i])}>
                    <title>{`${clock(column.start)}  ${short(startOf(at), unit)} – ${short(startOf(at + 1), unit)}: ${exact(Math.round(count))}`}</title>
                </rect>)}
            <text class="tick" x={left + (i + 0.5) * width} y={high + 14} text-anchor="middle">
                {column.open ? 'now' : clock(column.start, false)}</text></g>)}
        {ticks(range, 5).map(at => <text class="tick" x={left - 6} y={(range[1] - at + 1) * height} text-anchor="end">
            {short(startOf(at), unit)}</text>)}
    </svg>;
}

export function Figures({ metric, before }: { metric: Metric; before?: Metric }) {
    const { unit } = metric.row, figures = metric.quantiles!;
    const mean = figures.count && figures.sum !== undefined ? figures.sum / figures.count : undefined;
    const cells: [string, number | undefined, number | undefined][] = [
        ['least', figures.min, before?.quantiles?.min],
        ...quantileNames.map((name): [string, number | undefined, number | undefined] =>
            [name, figures[name], before?.quantiles?.[name]]),
        ['most', figures.max, before?.quantiles?.max], ['mean', mean, undefined]];
    return <dl class="figures">{cells.filter(cell => cell[1] !== undefined).map(([name, value, earlier]) => <div>
        <dt>{name}</dt><dd>{short(value, unit)}{earlier !== undefined &&
            <small class="change">{signed(Number((value! - earlier).toPrecision(3)), unit)}</small>}</dd></div>)}
        <div><dt>values</dt><dd>{exact(figures.count ?? 0)}</dd></div></dl>;
}

export function Distribution({ handler, metric, title }: { handler: Handler; metric: Metric; title: string }) {
    const before = useBefore(handler).of(metric);
    const { state } = useShown();
    const { bins } = metric.quantiles!;
    const unit = metric.row.unit;
    return <section class="card">
        <header><h3>{title}</h3><Copy metrics={[metric]} what={title} /></header>
        <p class="help">{metric.row.help}</p>
        <Figures metric={metric} before={before} />
        {bins.length ? <Bars bins={bins} unit={unit} metric={metric} />
            : <Empty what="No histogram." why="This agent tells no bins for it." />}
        {bins.length > 0 && !state.report && <Heat handler={handler} metric={metric} />}
        {bins.length > 0 && <details class="data"><summary>As a table</summary><div class="scroll"><table>
            <caption class="offscreen">{title}</caption>
            <thead><tr><th scope="col" class="n">from</th><th scope="col" class="n">to</th><th scope="col" class="n">count</th></tr></thead>
            <tbody>{bins.map(([lower, upper, count]) => <tr><td class="n">{short(lower, unit)}</td>
                <td class="n">{short(upper, unit)}</td><td class="n">{exact(count)}</td></tr>)}</tbody>
        </table></div></details>}
    </section>;
}
