// Where the overview finds the figures everybody looks for first, in each version of a handler. All else on the page is
// drawn from the schema alone.
import type { Handler, Metric, Picture } from './picture';

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

export interface Found { handler: Handler; metrics: Metric[] }

export function find(picture: Picture | undefined, wanted: Source[]): Found | undefined {
    for (const { key, paths } of wanted)
        for (const handler of picture?.handlers ?? []) {
            if (handler.key !== key) continue;
            const metrics = paths.map(path => handler.byPath.get(path)).filter((metric): metric is Metric => !!metric);
            if (metrics.length) return { handler, metrics };
        }
    return undefined;
}

export function count(picture: Picture | undefined, wanted: Source[]): number | undefined {
    const found = find(picture, wanted);
    return found && found.metrics.reduce((sum, metric) => sum + (metric.value ?? 0), 0);
}
