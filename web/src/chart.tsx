// A line chart of the last minutes: uPlot on a canvas, with a legend of our own and a sentence for who cannot see it.
import uPlot from 'uplot';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useSession } from './context';
import { clock, duration, short, tick } from './units';

export interface Line {
    label: string;
    color: number;              // of the palette: 1 to 8
    at: (second: number) => number | undefined;
    mean?: (second: number) => boolean; // no more is known than the mean of its minute
    fill?: boolean;
    dash?: boolean;
}

const color = (n: number) => getComputedStyle(document.documentElement).getPropertyValue(`--c${n}`).trim();
const variable = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function span(session: ReturnType<typeof useSession>): [number, number] {
    const { state, history } = session;
    const { time } = state.route;
    if (time.kind === 'minute') {
        const held = state.held.find(one => one.start === time.start)?.picture;
        if (held) return [held.start, held.start + Math.max(held.length, 1)];
    }
    const to = history.newest || Math.floor(Date.now() / 1000);
    if (state.report) return [history.oldest, to];
    const from = to - (time.kind === 'window' ? time.minutes * 60 : 300);
    return [Math.max(from, Math.min(history.oldest, to - 60)), to]; // a minute at least, and no time before there was anything
}

function dataOf(lines: Line[], from: number, to: number, step: number): uPlot.AlignedData {
    const xs: number[] = [];
    for (let second = from; second <= to; second += step) xs.push(second);
    return [xs, ...lines.map(line => xs.map(second => line.at(second) ?? null))] as uPlot.AlignedData;
}

type Span = [from: number, to: number];

/** Where only means of minutes are known. */
function meansOf(lines: Line[], from: number, to: number, step: number): Span[] {
    const out: Span[] = [];
    for (let second = from; second <= to; second += step) {
        if (!lines.some(line => line.mean?.(second))) continue;
        const last = out[out.length - 1];
        if (last && last[1] === second - step) last[1] = second;
        else out.push([second, second]);
    }
    return out.filter(([begin, end]) => end > begin);
}

/** "In: now 12, mean 10, at most 20." */
function sentence(title: string, lines: Line[], data: uPlot.AlignedData, unit: string, means: Span[]): string {
    const parts = lines.map((line, i) => {
        const values = (data[i + 1] as (number | null)[]).filter((value): value is number => value !== null);
        if (!values.length) return `${line.label}: nothing yet`;
        const mean = values.reduce((a, b) => a + b, 0) / values.length;
        return `${line.label}: last ${short(values[values.length - 1], unit)}, mean ${short(mean, unit)}, ` +
            `at most ${short(Math.max(...values), unit)}`;
    });
    const rough = means.map(([from, to]) => `${clock(from)} to ${clock(to)}`).join(', ');
    return `${title}. ${parts.join('; ')}.${rough && ` Only means of minutes are known from ${rough}.`}`;
}

const powers = (_: uPlot, __: number, min: number, max: number) => {
    const out: number[] = [];
    for (let at = 10 ** Math.ceil(Math.log10(min) - 1e-6); at <= max * 1.001; at *= 10) out.push(at);
    return out;
};

function axes(unit: string): uPlot.Axis[] {
    const font = `11px ${variable('--font')}`;
    const shared = { stroke: variable('--faint'), font, ticks: { show: false } };
    const grid = { stroke: variable('--grid'), width: 1 };
    return [
        { ...shared, grid: { show: false }, size: 24, space: 64, gap: 4,
          // What would not fit at the edges is left out, not cut.
          values: (plot, splits) => splits.map(split => {
              const x = plot.valToPos(split, 'x');
              return x < 14 || x > plot.over.clientWidth - 20 ? '' : clock(split, split % 60 !== 0);
          }) },
        { ...shared, grid, size: 58, space: 34, gap: 6, ...(unit === 'us' ? { splits: powers } : {}), values: (_, splits) => splits.map(split => (split === null ? '' : tick(split, unit))) },
    ];
}

const linear: uPlot.Scale = { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] };
/** Times differ by powers of ten, and the slow ones must not hide the others. */
const logarithmic: uPlot.Scale = { distr: 3, range: (_, min, max) =>
    [10 ** Math.floor(Math.log10(Math.max(min ?? 1, 0.1))), 10 ** Math.ceil(Math.log10(Math.max(max ?? 1000, 1)))] };

function options(lines: Line[], unit: string, width: number, height: number, hover: (i: number | null) => void, means: () => Span[]): uPlot.Options {
    const shade = (plot: uPlot) => {
        const { ctx, bbox } = plot;
        ctx.save();
        ctx.fillStyle = variable('--grid');
        for (const [from, to] of means()) {
            const left = Math.max(plot.valToPos(from, 'x', true), bbox.left);
            const right = Math.min(plot.valToPos(to, 'x', true), bbox.left + bbox.width);
            if (right > left) ctx.fillRect(left, bbox.top, right - left, bbox.height);
        }
        ctx.restore();
    };
    return {
        width, height, legend: { show: false }, padding: [8, 6, 0, 0],
        cursor: { sync: { key: 'seconds' }, y: false, drag: { x: false, y: false }, points: { size: 5 } },
        scales: { x: { time: true }, y: unit === 'us' ? logarithmic : linear },
        axes: axes(unit),
        series: [{}, ...lines.map((line): uPlot.Series => ({
            label: line.label, stroke: color(line.color), width: 1.6, spanGaps: true, points: { show: false },
            fill: line.fill ? `${color(line.color)}26` : undefined, dash: line.dash ? [4, 4] : undefined }))],
        hooks: { drawClear: [shade], setCursor: [plot => hover(plot.cursor.idx ?? null)] },
    };
}

const last = (values: (number | null | undefined)[]) => {
    for (let i = values.length; i--;) if (values[i] !== null && values[i] !== undefined) return values[i];
    return undefined;
};

export function Chart({ title, lines, unit, height = 150 }: { title: string; lines: Line[]; unit: string; height?: number }) {
    const session = useSession();
    const holder = useRef<HTMLDivElement>(null);
    const plot = useRef<uPlot | null>(null);
    const [hover, setHover] = useState<number | null>(null);
    const [from, to] = span(session);
    const { step } = session.history;
    const data = dataOf(lines, from, to, step);
    const latest = useRef(data);
    latest.current = data;
    const means = meansOf(lines, from, to, step);
    const shaded = useRef(means);
    shaded.current = means;
    const shape = lines.map(line => line.label).join('|') + unit;

    useLayoutEffect(() => { // before data of another shape are set
        const element = holder.current!;
        const make = () => {
            plot.current?.destroy();
            plot.current = new uPlot(options(lines, unit, element.clientWidth || 300, height, setHover, () => shaded.current), latest.current, element);
        };
        make();
        const resized = new ResizeObserver(() => {
            if (element.clientWidth) plot.current?.setSize({ width: element.clientWidth, height });
        });
        resized.observe(element);
        document.addEventListener('theme', make);
        return () => {
            resized.disconnect();
            document.removeEventListener('theme', make);
            plot.current?.destroy();
            plot.current = null;
        };
    }, [shape]);
    useLayoutEffect(() => { plot.current?.setData(data); });

    const index = hover !== null && hover < data[0].length ? hover : null;
    return <figure class="chart">
        <ul class="legend">
            {lines.map((line, i) => {
                const values = data[i + 1] as (number | null)[];
                return <li><span class={`key k${line.color}`} aria-hidden="true" />{line.label}{' '}
                    <b>{short(index === null ? last(values) : values[index], unit)}</b></li>;
            })}
            {step > 1 && index === null && <li class="at">{session.history.oldest > (session.state.live?.start ?? 0) && 'the newest day, '}
                means of {duration(step)}</li>}
            {means.length > 0 && index === null && <li class="at"><span class="key mean" aria-hidden="true" />minute means</li>}
            {index !== null && <li class="at">{clock(data[0][index])}{means.some(([begin, end]) =>
                data[0][index] >= begin && data[0][index] <= end) && ', mean of the minute'}</li>}
        </ul>
        <div class={`plot h${height}`} ref={holder} role="img" aria-label={sentence(title, lines, data, unit, means) + (step > 1 ? ` Each value is the mean of ${duration(step)}.` : '')} />
    </figure>;
}

/** A line of the last two minutes beside a figure. */
export function Spark({ at, label }: { at: (second: number) => number | undefined; label: string }) {
    const session = useSession();
    const [, to] = span(session);
    const values = Array.from({ length: 60 }, (_, i) => at(to - 59 + i));
    const most = Math.max(...values.map(value => value ?? 0));
    if (!most) return <span class="spark" />;
    const points = values.map((value, i) => value === undefined ? '' : `${i},${(15 - value / most * 14).toFixed(1)}`);
    return <svg class="spark" viewBox="0 0 59 16" preserveAspectRatio="none" role="img" aria-label={label}>
        <polyline points={points.filter(Boolean).join(' ')} /></svg>;
}
