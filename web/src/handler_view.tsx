// A handler, drawn from its schema alone: whatever has rows gets charts, tables, histograms and lists by their kind.
import { useState } from 'preact/hooks';
import { Chart, type Line } from './chart';
import { useShown } from './context';
import { Copy } from './copy';
import { Counters, Distinct } from './counters';
import { Distribution } from './distribution';
import { seriesKey } from './history';
import type { Handler, Metric } from './picture';
import { hasPlaces, Places } from './places';
import { Empty, visible } from './text';
import { TopCard } from './toplist';
import { clock, duration, unitName } from './units';

const ofKind = (handler: Handler, ...kinds: string[]) => handler.metrics.filter(metric => kinds.includes(metric.row.kind));

/** Rates of one unit are lines of one chart. */
function Rates({ handler }: { handler: Handler }) {
    const { session } = useShown();
    const byUnit = new Map<string, Metric[]>();
    for (const metric of ofKind(handler, 'rate'))
        byUnit.set(metric.row.unit, [...(byUnit.get(metric.row.unit) ?? []), metric]);
    if (!byUnit.size) return null;
    return <>{[...byUnit].map(([unit, metrics]) => {
        const lines = metrics.map((metric, i): Line => ({
            label: visible(metric.row.path.replace(/(^|\.)rates\./, '$1')), color: i % 8 + 1, fill: metrics.length === 1,
            at: second => session.history.value(seriesKey(handler, metric.row.path), second) }));
        return <section class="card half">
            <header><h2>{visible(unitName(unit))}</h2><Copy metrics={metrics} what={`rates in ${unitName(unit)}`} /></header>
            <p class="help">{metrics.map(metric => metric.row.help).filter((help, i, all) => all.indexOf(help) === i).slice(0, 3).join(' · ')}</p>
            <Chart title={unitName(unit)} lines={lines} unit={unit} height={170} />
        </section>;
    })}</>;
}

/** A path for people: "in.top_qname2" is "in qname2"; kind and unit are told by what is drawn. */
export function titleOf(metric: Metric): string {
    const path = metric.row.path.replace(/(^|\.)top_/g, '$1');
    const bare = metric.top ? path : path.replace(/(_us|_bytes)$/, '').replace(/\.quantiles$/, '');
    return visible(bare.replace(/[._]/g, ' '));
}

function Tops({ handler, metrics }: { handler: Handler; metrics: Metric[] }) {
    const [empties, show] = useState(false);
    const filled = metrics.filter(metric => metric.top?.items.length);
    const rest = metrics.length - filled.length;
    if (!metrics.length) return null;
    return <>
        {filled.filter(hasPlaces).map(metric => <section class="card wide">
            <header><h2>Map of {titleOf(metric)}</h2></header><p class="help">{metric.row.help}</p>
            <Places metric={metric} title={titleOf(metric)} /></section>)}
        {(empties ? metrics : filled).map(metric => <TopCard key={metric.row.path} handler={handler} metric={metric} title={titleOf(metric)} />)}
        {rest > 0 && <p class="foot wide"><button type="button" class="link" aria-expanded={empties} onClick={() => show(!empties)}>
            {empties ? 'Hide' : 'Show'} {rest} empty {rest === 1 ? 'list' : 'lists'}</button></p>}
    </>;
}

export function HandlerView({ handler }: { handler: Handler }) {
    const dimensions = [...new Set(handler.metrics.map(metric => metric.row.dimension?.value).filter(Boolean))] as string[];
    const [dimension, choose] = useState('');
    const { state, to } = useShown();
    const early = state.route.time.kind === 'live' && handler.length < 15 ? state.held[0]?.start : undefined;
    const within = (metric: Metric) => !dimension || !metric.row.dimension || metric.row.dimension.value === dimension;
    const kind = (...kinds: string[]) => ofKind(handler, ...kinds).filter(within);
    const distributions = kind('quantiles', 'histogram');
    return <>
        <div class="title"><h1>{visible(handler.type)}{handler.version && <small> {visible(handler.version)}</small>}</h1>
            <p>{visible(handler.instance)} · {clock(handler.start)}, {duration(handler.length)}
                {handler.leftOut > 0 && ` · ${handler.leftOut} min left out, as they were short of something`}</p>
            {early && <p>The minute has only begun: <a class="linked" href={to({ time: { kind: 'minute', start: early } })}>the whole one before it</a></p>}
            {dimensions.length > 1 && <div class="choice" role="group" aria-label="Direction">
                {['', ...dimensions].map(one => <button type="button" aria-pressed={one === dimension} onClick={() => choose(one)}>
                    {visible(one) || 'all'}</button>)}</div>}</div>
        {!handler.metrics.length && <Empty what="This handler shows nothing." why="All its metric groups may be disabled."
            todo="Enable some under metric_groups of the policy." />}
        <div class="cards">
            <Rates handler={handler} />
            {distributions.map(metric => <Distribution key={metric.row.path} handler={handler} metric={metric} title={titleOf(metric)} />)}
            <Distinct handler={handler} metrics={kind('distinct count')} />
            <Counters handler={handler} metrics={kind('counter', 'gauge')} />
            <Tops handler={handler} metrics={kind('top list')} />
        </div>
    </>;
}
