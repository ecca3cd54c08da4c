// Where the overview finds the figures everybody looks for first, in each version of a handler. All else on the page is
// drawn from the schema alone.
import { quantileOfBins, type Bin, type Handler, type Item, type Metric, type Picture, type Quantiles, type Top } from './picture';

export interface Source { key: string; paths: string[] } // several paths: their sum

const dirs = (path: string) => ['in', 'out', 'unknown'].map(direction => `${direction}.${path}`);
const of = (key: string, ...paths: string[]): Source => ({ key, paths });

/** The first of a list that an answer has is taken. */
export const sources = {
    packetsIn: [of('packets', 'rates.pps_in'), of('net', 'in.rates.pps')],
    packetsOut: [of('packets', 'rates.pps_out'), of('net', 'out.rates.pps')],
    packetsAll: [of('packets', 'rates.pps_total'), of('net', 'rates.observed_pps'), of('input_resources', 'event_rate')],
    bytesIn: [of('packets', 'rates.bytes_in'), of('net', 'in.rates.bps')],
    bytesOut: [of('packets', 'rates.bytes_out'), of('net', 'out.rates.bps')],
    bytesAll: [of('packets', 'rates.bytes_total'), of('net', ...dirs('rates.bps'))],
    messages: [of('dns', 'rates.total'), of('dns', 'rates.observed_pps')],
    queries: [of('dns', 'wire_packets.queries'), of('dns', ...dirs('xacts'))],
    replies: [of('dns', 'wire_packets.replies'), of('dns', ...dirs('xacts'))],
    noerror: [of('dns', 'wire_packets.noerror'), of('dns', ...dirs('noerror_xacts'))],
    nodata: [of('dns', 'wire_packets.nodata'), of('dns', ...dirs('nodata_xacts'))],
    nxdomain: [of('dns', 'wire_packets.nxdomain'), of('dns', ...dirs('nxdomain_xacts'))],
    srvfail: [of('dns', 'wire_packets.srvfail'), of('dns', ...dirs('srvfail_xacts'))],
    refused: [of('dns', 'wire_packets.refused'), of('dns', ...dirs('refused_xacts'))],
    timedOut: [of('dns', 'xact.counts.timed_out'), of('dns', ...dirs('timeout_queries'))],
    latencyIn: [of('dns', 'xact.in.quantiles_us'), of('dns', 'in.xact_time_us')],
    latencyOut: [of('dns', 'xact.out.quantiles_us'), of('dns', 'out.xact_time_us')],
    remote4: [of('packets', 'top_ipv4'), of('net', ...dirs('top_ipv4_packets'))],
    remote6: [of('packets', 'top_ipv6'), of('net', ...dirs('top_ipv6_packets'))],
    topNxdomain: [of('dns', 'top_nxdomain'), of('dns', ...dirs('top_nxdomain_xacts'))],
    topSrvfail: [of('dns', 'top_srvfail'), of('dns', ...dirs('top_srvfail_xacts'))],
    topSlow: [of('dns', 'xact.in.top_slow'), of('dns', ...dirs('top_slow_xacts'))],
    topNames: [of('dns', 'top_qname2'), of('dns', ...dirs('top_qname2_xacts'))],
    frames: [of('packets', 'total'), of('net', ...dirs('total_packets'))],
    dnsTotal: [of('dns', 'wire_packets.total'), of('dns', 'total_packets')],
} satisfies Record<string, Source[]>;

export type Wanted = keyof typeof sources;
export interface Part { handler: Handler; metric: Metric }
export interface Found { handler: Handler; metrics: Metric[]; parts: Part[] } // the first handler, and what of which

/** The name without the tap in it: of several taps of a policy the same module has the same. */
function moduleOf({ instance, tap }: Handler): string {
    const at = tap ? instance.lastIndexOf(`-${tap}-`) : -1;
    return at < 0 ? instance : `${instance.slice(0, at)} ${instance.slice(at + tap.length + 2)}`;
}

/** The first module that has one of these, on all its taps. */
export function find(picture: Picture | undefined, wanted: Wanted): Found | undefined {
    for (const { key, paths } of sources[wanted]) {
        const parts = (picture?.handlers ?? []).filter(handler => handler.key === key).flatMap(handler =>
            paths.flatMap((path): Part[] => handler.byPath.has(path) ? [{ handler, metric: handler.byPath.get(path)! }] : []));
        if (!parts.length) continue;
        const same = parts.filter(part => moduleOf(part.handler) === moduleOf(parts[0].handler));
        return { handler: parts[0].handler, parts: same, metrics: same.map(part => part.metric) };
    }
    return undefined;
}

/** Of the handlers that may have it. */
export const keysOf = (wanted: Wanted) => sources[wanted].map(source => source.key);

export function count(picture: Picture | undefined, wanted: Wanted): number | undefined {
    const found = find(picture, wanted);
    return found && found.metrics.reduce((sum, metric) => sum + (metric.value ?? 0), 0);
}

const sumOf = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);

/** Lists of one kind put together, of directions, taps and families: each name with its sum. */
export function merged(picture: Picture | undefined, ...wanted: Wanted[]): (Part & { top?: Top }) | undefined {
    const parts = wanted.flatMap(one => find(picture, one)?.parts ?? []);
    const lists = parts.map(part => part.metric.top).filter((top): top is Top => !!top?.items.length);
    if (!parts.length || lists.length < 2)
        return parts.length ? { ...(parts.find(part => part.metric.top?.items.length) ?? parts[0]), top: lists[0] } : undefined;
    const items = new Map<string, Item>();
    let past = 0; // of a name, at most, in the lists before, none of which has it
    for (const list of lists) {
        const here = new Map(list.items.map(item => [item.name, item]));
        const unlisted = list.unlistedMax ?? 0;
        for (const name of new Set([...items.keys(), ...here.keys()])) {
            // Of a list that does not have it there may be as much as of one just not listed.
            const before = items.get(name), more = here.get(name);
            items.set(name, { ...(before ?? more)!, estimate: (before?.estimate ?? 0) + (more?.estimate ?? 0),
                lower: (before?.lower ?? 0) + (more?.lower ?? 0),
                upper: (before ? before.upper : past) + (more ? more.upper : unlisted) });
        }
        past += unlisted;
    }
    const { handler, metric } = parts[0];
    const top: Top = { items: [...items.values()].sort((a, b) => b.estimate - a.estimate),
        total: sumOf(lists.map(list => list.total ?? 0)) || undefined,
        unlistedMax: past || undefined };
    return { handler, metric: { ...metric, top }, top };
}

/** Of several: of all their values, by their bins. */
export function quantiles(found: Found | undefined): Quantiles | undefined {
    const all = (found?.metrics ?? []).map(metric => metric.quantiles).filter((one): one is Quantiles => !!one);
    if (all.length < 2) return all[0];
    const bins = new Map<number, Bin>();
    for (const [lower, upper, count] of all.flatMap(one => one.bins)) bins.set(lower, [lower, upper, count + (bins.get(lower)?.[2] ?? 0)]);
    const sorted = [...bins.values()].sort((a, b) => a[0] - b[0]);
    return { bins: sorted, p50: quantileOfBins(sorted, 0.5), p99: quantileOfBins(sorted, 0.99) };
}
