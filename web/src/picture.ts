// What an answer of the agent says, as metrics with the facts of the served schema. A handler the page has never heard
// of is read the same way; without a schema the kind of a metric follows from the shape of what is there.

export type Kind = 'counter' | 'gauge' | 'distinct count' | 'top list' | 'quantiles' | 'histogram' | 'rate';

export interface Row {
    path: string;
    kind: Kind;
    unit: string;
    help: string;
    groups?: string[];
    label?: string;
    dimension?: { label: string; value: string };
    prometheus?: { compatible: string; modern: string[] };
}

export interface HandlerClass {
    handler: string;
    version: string;
    key: string;
    groups: { name: string; default: boolean }[];
    rows: Row[];
}

export interface Schema { handlers: HandlerClass[] }
export interface Item { name: string; estimate: number; lower: number; upper: number; lat?: string; lon?: string }
export interface Top { items: Item[]; total?: number; unlistedMax?: number }
export type Bin = [lower: number, upper: number, count: number];
export type Quantile = 'p50' | 'p90' | 'p95' | 'p99';
export const quantileNames: Quantile[] = ['p50', 'p90', 'p95', 'p99'];
export interface Quantiles extends Partial<Record<Quantile | 'count' | 'min' | 'max' | 'sum', number>> { bins: Bin[] }
export interface Rate extends Partial<Record<Quantile | 'live', number>> {
    seconds?: { start_ts: number; step?: number; values: number[] }; // of reports: means of `step` seconds
}

export interface Metric {
    row: Row;
    value?: number; // counter, gauge, distinct count
    lower?: number;
    upper?: number;
    top?: Top;
    quantiles?: Quantiles; // of a histogram as well: its bins
    rate?: Rate;
}

export interface Handler {
    instance: string;
    key: string;
    type: string;
    version: string; // "" of an agent without a schema
    tap: string;
    start: number;  // unix seconds of what is shown
    length: number; // seconds
    leftOut: number; // minutes that are not in it
    metrics: Metric[];
    byPath: Map<string, Metric>;
}

export type Ledger = Map<string, Map<string, number>>; // by stream, by dotted path
export interface Picture { handlers: Handler[]; ledger: Ledger; start: number; length: number }

type Json = Record<string, any>;
const isObject = (value: unknown): value is Json => !!value && typeof value === 'object' && !Array.isArray(value);

function at(root: Json, path: string): any {
    let node: any = root;
    for (const part of path.split('.')) {
        if (!isObject(node) || !Object.hasOwn(node, part)) return undefined;
        node = node[part];
    }
    return node;
}

const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

function readTop(list: any, bounds: any): Top | undefined {
    if (!Array.isArray(list)) return undefined;
    const items = list.filter(isObject).map(item => {
        const estimate = number(item.estimate) ?? 0;
        return { name: String(item.name ?? ''), estimate, lower: number(item.lower) ?? estimate,
                 upper: number(item.upper) ?? estimate, lat: item.lat as string, lon: item.lon as string };
    });
    return { items, total: number(bounds?.total), unlistedMax: number(bounds?.unlisted_max) };
}

/** Cumulative counts by upper bound, as bins of their own counts; what lies above the last bound is left out. */
function binsOfBuckets(buckets: Json): Bin[] {
    const bounds = Object.keys(buckets).filter(bound => bound !== '+Inf').map(Number).sort((a, b) => a - b);
    let lower = 0, below = 0;
    const bins: Bin[] = [];
    for (const upper of bounds) {
        const cumulative = number(buckets[String(upper)]) ?? below;
        if (cumulative > below) bins.push([lower, upper, cumulative - below]);
        [lower, below] = [upper, cumulative];
    }
    return bins;
}

function readMetric(row: Row, root: Json): Metric | undefined {
    const value = at(root, row.path);
    if (value === undefined || value === null) return undefined;
    const bounds = at(root, row.path + '_bounds');
    switch (row.kind) {
    case 'counter':
    case 'gauge':
        return typeof value === 'number' ? { row, value } : undefined;
    case 'distinct count':
        return typeof value === 'number'
            ? { row, value, lower: number(bounds?.lower), upper: number(bounds?.upper) } : undefined;
    case 'top list':
        return { row, top: readTop(value, bounds) };
    case 'quantiles':
        return isObject(value) ? { row, quantiles: { ...value, bins: value.bins ?? [] } } : undefined;
    case 'histogram':
        return isObject(value?.buckets)
            ? { row, quantiles: { count: number(value.buckets['+Inf']), bins: binsOfBuckets(value.buckets) } } : undefined;
    case 'rate':
        return isObject(value) ? { row, rate: value } : undefined;
    default: // of a kind that is newer than the page
        return undefined;
    }
}

/** Rows as the shape of an object tells them, for what no schema describes. */
function rowsOfShape(root: Json, prefix = ''): Row[] {
    return Object.entries(root).flatMap(([key, value]): Row[] => {
        const path = prefix + key;
        const row = (kind: Kind): Row[] => [{ path, kind, unit: '1', help: '' }];
        if (path === 'period' || path === 'sampling' || key.endsWith('_bounds')) return [];
        if (typeof value === 'number') return row(Object.hasOwn(root, key + '_bounds') ? 'distinct count' : 'counter');
        if (Array.isArray(value)) return row('top list');
        if (!isObject(value)) return [];
        if (isObject(value.buckets)) return row('histogram');
        if ('p50' in value) return row('live' in value || 'seconds' in value ? 'rate' : 'quantiles');
        return rowsOfShape(value, path + '.');
    });
}

function classOf(key: string, root: Json, schema: Schema | undefined, module: Json | undefined): HandlerClass {
    const classes = (schema?.handlers ?? []).filter(one => one.key === key);
    const known = module && classes.find(one => one.handler === module.type && one.version === module.version);
    const found = (one: HandlerClass) => one.rows.filter(row => at(root, row.path) !== undefined).length;
    const best = known ?? classes.sort((a, b) => found(b) - found(a))[0];
    return best ?? { handler: key, version: '', key, groups: [], rows: rowsOfShape(root) };
}

function readHandler(instance: string, key: string, root: Json, schema?: Schema, module?: Json): Handler {
    const kind = classOf(key, root, schema, module);
    const metrics = kind.rows.map(row => readMetric(row, root)).filter((metric): metric is Metric => !!metric);
    return { instance, key, type: kind.handler, version: kind.version,
             tap: String(module?.config?._internal_tap_name ?? ''),
             start: root.period?.start_ts ?? 0, length: root.period?.length ?? 0,
             leftOut: root.period?.minutes?.left_out ?? 0,
             metrics, byPath: new Map(metrics.map(metric => [metric.row.path, metric])) };
}

function flat(root: Json, prefix = ''): [string, number][] {
    return Object.entries(root).flatMap(([key, value]): [string, number][] =>
        isObject(value) ? flat(value, `${prefix}${key}.`)
        : typeof value === 'number' ? [[prefix + key, value]] : []);
}

/** The answer about one policy: {INSTANCE: {KEY: {...}}, "ledger": {STREAM: {...}}}. */
export function readPicture(answer: Json, schema?: Schema, modules?: Json): Picture {
    const handlers: Handler[] = [];
    for (const [instance, kinds] of Object.entries(answer)) {
        if (instance === 'ledger' || !isObject(kinds)) continue;
        for (const [key, root] of Object.entries(kinds))
            if (isObject(root)) handlers.push(readHandler(instance, key, root, schema, modules?.[instance]?.module));
    }
    // By stream; that of a capture file has no stream's name around it.
    const lines: Json = answer.ledger ?? {};
    const ledger: Ledger = new Map(Object.entries(isObject(lines.frames) ? { '': lines } : lines).filter(([, lines]) => isObject(lines))
        .map(([stream, lines]) => [stream, new Map(flat(lines as Json))]));
    const newest = handlers.reduce((a, b) => (b.start > a.start ? b : a), handlers[0]);
    return { handlers, ledger, start: newest?.start ?? 0, length: newest?.length ?? 0 };
}

/** The value below which that share of what is counted lies, as bins tell. */
export function quantileOfBins(bins: Bin[], share: number): number | undefined {
    const all = bins.reduce((sum, bin) => sum + bin[2], 0);
    if (!all) return undefined;
    let left = share * all;
    for (const [lower, upper, count] of bins) {
        if (left <= count) return lower + (upper - lower) * (left / count);
        left -= count;
    }
    return bins[bins.length - 1][1];
}

/** What came since an earlier picture of the same minute. */
export function binsSince(now: Bin[], before: Bin[]): Bin[] {
    const old = new Map(before.map(bin => [bin[0], bin[2]]));
    return now.map(([lower, upper, count]): Bin => [lower, upper, count - (old.get(lower) ?? 0)])
        .filter(bin => bin[2] > 0);
}
