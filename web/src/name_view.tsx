// One name: what every top list that has it counted, over the minutes held.
import { useMinutes, useShown } from './context';
import type { Handler, Item, Metric } from './picture';
import { titleOf } from './handler_view';
import { Empty, Name } from './text';
import { clock, exact, full } from './units';

interface Seen { item?: Item; metric?: Metric }
interface Line { handler: Handler; metric: Metric; minutes: Seen[] }

function linesOf(name: string, minutes: ReturnType<typeof useMinutes>): Line[] {
    const lines = new Map<string, Line>();
    minutes.forEach(({ picture }, i) => {
        for (const handler of picture.handlers)
            for (const metric of handler.metrics) {
                const item = metric.top?.items.find(one => one.name === name);
                if (!item) continue;
                const key = `${handler.instance} ${metric.row.path}`;
                if (!lines.has(key)) lines.set(key, { handler, metric, minutes: minutes.map(minute => ({
                    metric: minute.picture.handlers.find(one => one.instance === handler.instance)?.byPath.get(metric.row.path) })) });
                lines.get(key)!.minutes[i].item = item;
            }
    });
    return [...lines.values()];
}

function Cell({ seen }: { seen: Seen }) {
    if (seen.item) {
        const { lower, upper, estimate } = seen.item;
        return <td class="n">{full(estimate, seen.metric?.row.unit)}{upper > lower && <small>up to {full(upper, seen.metric?.row.unit)}</small>}</td>;
    }
    const most = seen.metric?.top?.unlistedMax;
    return <td class="n faint">{most ? <>≤ {exact(most)}</> : seen.metric ? 'not listed' : '–'}</td>;
}

export function NameView({ name }: { name: string }) {
    const { to } = useShown();
    const minutes = useMinutes();
    const lines = linesOf(name, minutes);
    return <>
        <div class="title"><h1 class="long"><Name text={name} /></h1>
            <p>in every top list that has it, over the minutes held</p></div>
        {!lines.length ? <Empty what="No list has it now." why="It is in none of the minutes that are held."
            todo="Lists hold the heaviest names; the minute it was in may be gone." />
        : <section class="card wide"><div class="scroll"><table class="minutes">
            <caption class="offscreen">Counts by list and minute</caption>
            <thead><tr><th scope="col">list</th>{minutes.map(minute => <th scope="col" class="n">
                <a href={to({ view: 'name', which: name, time: minute.open ? { kind: 'live' } : { kind: 'minute', start: minute.start } })}>
                    {minute.open ? 'now' : clock(minute.start, false)}</a></th>)}<th scope="col">over time</th></tr></thead>
            <tbody>{lines.map(({ handler, metric, minutes: seen }) => {
                const most = Math.max(...seen.map(one => one.item?.estimate ?? 0), 1);
                return <tr><th scope="row"><a href={to({ view: 'handler', which: handler.instance })}>{handler.type} {titleOf(metric)}</a>
                    <small>{metric.row.help}</small></th>
                    {seen.map(one => <Cell seen={one} />)}
                    <td><svg class="columns" viewBox={`0 0 ${seen.length * 10} 24`} aria-hidden="true">{seen.map((one, i) =>
                        <rect x={i * 10 + 1} width="8" y={24 - (one.item?.estimate ?? 0) / most * 24} height={(one.item?.estimate ?? 0) / most * 24} rx="1" />)}
                    </svg></td></tr>;
            })}</tbody>
        </table></div></section>}
    </>;
}
