// Quantiles as what they come from: a histogram of exact counts over bins that grow by a factor, and the same over the
// minutes held as a heatmap.
import { useBefore, useMinutes, useShown } from './context';
import { Copy } from './copy';
import { quantileNames, type Bin, type Handler, type Metric } from './picture';
import { Empty } from './text';
import { clock, exact, percent, short, signed } from './units';

/** A place on a scale of doublings. Below the least bound above zero everything is as one. */
interface Scale { from: number; to: number }

const log = (value: number) => Math.log2(value);

function scaleOf(bins: Bin[]): Scale | undefined {
    if (!bins.length) return undefined;
    const least = Math.min(...bins.map(([lower, upper]) => (lower > 0 ? lower : upper / 2)).filter(value => value > 0));
    let from = log(least), to = log(Math.max(...bins.map(bin => bin[1]), least * 1.01));
    if (to - from < 3) [from, to] = [(from + to - 3) / 2, (from + to + 3) / 2]; // a single value is a bar, not a wall
    return { from, to };
}

/** 0 to 1 */
const along = (value: number, { from, to }: Scale) =>
    Math.min(Math.max((value > 0 ? log(value) : -Infinity) - from, 0) / (to - from), 1);

/** Doublings to write at, at most so many. */
function ticks({ from, to }: Scale, most: number): number[] {
    const step = Math.max(1, Math.ceil((to - from) / most));
    const first = Math.ceil(from / step) * step;
    return Array.from({ length: Math.max(Math.floor((to - first) / step) + 1, 0) }, (_, i) => 2 ** (first + i * step));
}

const wide = 600, tall = 150;
const told = ([lower, upper, count]: Bin, unit: string) => `${short(lower, unit)} – ${short(upper, unit)}: ${exact(count)}`;

function Bars({ bins, unit, metric }: { bins: Bin[]; unit: string; metric: Metric }) {
    const scale = scaleOf(bins)!;
    const most = Math.max(...bins.map(bin => bin[2])), all = bins.reduce((sum, bin) => sum + bin[2], 0);
    const x = (value: number) => along(value, scale) * wide;
    const marks = (['p50', 'p99'] as const).map(name => [name, metric.quantiles![name]] as const)
        .filter((mark): mark is ['p50' | 'p99', number] => mark[1] !== undefined);
    const label = `Histogram of ${metric.row.help}: ${exact(all)} values` +
        marks.map(([name, value]) => `, ${name} ${short(value, unit)}`).join('');
    return <svg class="bars" viewBox={`0 0 ${wide} ${tall + 20}`} role="img" aria-label={label}>
        <line class="ground" x1="0" x2={wide} y1={tall} y2={tall} />
        {bins.map(bin => {
            const height = Math.max(bin[2] / most * (tall - 16), 1.5);
            const left = x(bin[0]), width = Math.max(x(bin[1]) - left - 1, 1.5);
            return <rect class="bin" x={left + 0.5} width={width} y={tall - height} height={height} rx="1.5">
                <title>{`${told(bin, unit)} (${percent(bin[2] / all)})`}</title></rect>;
        })}
        {marks.map(([name, value]) => {
            // What would run into the next or over the edge stands on the other side.
            const right = x(value) > wide - 60 || (name === 'p50' && marks.length > 1 && x(marks[1][1]) - x(value) < 44 && x(value) > 44);
            return <g class="mark"><line x1={x(value)} x2={x(value)} y1="2" y2={tall} />
                <text x={x(value) + (right ? -4 : 4)} y="12" text-anchor={right ? 'end' : 'start'}>{name}</text></g>;
        })}
        {ticks(scale, 7).map(value => <text class="tick" x={Math.min(Math.max(x(value), 16), wide - 24)} y={tall + 14}
            text-anchor="middle">{short(value, unit)}</text>)}
    </svg>;
}

/** How a distribution moved over the minutes: one column each, darker where more values lie. */
function Heat({ handler, metric }: { handler: Handler; metric: Metric }) {
    const { unit, path } = metric.row;
    const columns = useMinutes().map(minute => {
        const same = minute.picture.handlers.find(other => other.instance === handler.instance)?.byPath.get(path);
        return { ...minute, bins: same?.quantiles?.bins ?? [], p50: same?.quantiles?.p50 };
    });
    const scale = scaleOf(columns.flatMap(column => column.bins));
    if (!scale || columns.length < 2) return null;
    const left = 62, high = Math.min(Math.max((scale.to - scale.from) * 22, 80), 200);
    const width = (wide - left) / columns.length;
    const y = (value: number) => (1 - along(value, scale)) * high;
    const label = 'Heatmap over the minutes held: ' + columns.map(column =>
        `${clock(column.start, false)} median ${short(column.p50, unit)}`).join(', ');
    return <svg class="heat" viewBox={`0 0 ${wide} ${high + 20}`} role="img" aria-label={label}>
        {columns.map((column, i) => {
            const most = Math.max(...column.bins.map(bin => bin[2]));
            return <g>{column.bins.map(bin =>
                <rect x={left + i * width + 1} width={width - 2} y={y(bin[1])} height={Math.max(y(bin[0]) - y(bin[1]), 1) + 0.3}
                    fill-opacity={0.08 + 0.92 * Math.sqrt(bin[2] / most)}><title>{`${clock(column.start)}  ${told(bin, unit)}`}</title></rect>)}
                <text class="tick" x={left + (i + 0.5) * width} y={high + 14} text-anchor="middle">
                    {column.open ? 'now' : clock(column.start, false)}</text></g>;
        })}
        {ticks(scale, 5).map(value => <text class="tick" x={left - 6} y={Math.min(Math.max(y(value) + 4, 10), high)} text-anchor="end">
            {short(value, unit)}</text>)}
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
        <header><h2>{title}</h2><Copy metrics={[metric]} what={title} /></header>
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
