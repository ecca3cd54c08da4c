// A value a second of whatever moves, for charts: as the agent tells it (rates have their seconds), or as the difference
// of successive pictures (counters, quantiles). Whole minutes fill in what was before the page was opened.
import { binsSince, quantileOfBins, type Handler, type Metric, type Picture } from './picture';

class Ring {
    private values: Float64Array;
    private stamps: Float64Array;

    constructor(held: number) {
        this.values = new Float64Array(held);
        this.stamps = new Float64Array(held);
    }

    put(second: number, value: number) {
        const i = second % this.values.length;
        if (this.stamps[i] > second) return; // older than what is held
        this.stamps[i] = second;
        this.values[i] = value;
    }

    get(second: number): number | undefined {
        const i = second % this.values.length;
        return this.stamps[i] === second ? this.values[i] : undefined;
    }
}

export const seriesKey = (handler: Handler, path: string, of = '') => `${handler.instance} ${path}${of && ` ${of}`}`;

export class History {
    newest = 0; // unix seconds
    oldest = Infinity;
    private rings = new Map<string, Ring>();
    private before = new Map<string, { handler: Handler; at: number }>();

    /** So many seconds. */
    constructor(private held = 660) {}

    private put(key: string, second: number, value: number) {
        let ring = this.rings.get(key);
        if (!ring) this.rings.set(key, ring = new Ring(this.held));
        ring.put(second, value);
    }

    value(key: string, second: number) { return this.rings.get(key)?.get(second); }

    /** The next picture of the minute that is being filled; `at`: this host's clock in seconds. */
    add(picture: Picture, at: number) {
        for (const handler of picture.handlers) {
            const second = handler.start + handler.length;
            const earlier = this.before.get(handler.instance);
            const same = earlier && earlier.handler.start === handler.start;
            // A minute begins anew: what it has came since its start.
            const elapsed = same ? Math.max(at - earlier.at, 0.2) : Math.max(handler.length, 1);
            const since = same ? earlier.handler : undefined;
            if (earlier) this.addDifferences(handler, since, second, elapsed);
            else this.fillHandler(handler);
            this.addSeconds(handler);
            this.before.set(handler.instance, { handler, at });
            this.newest = Math.max(this.newest, second);
            this.oldest = Math.min(this.oldest, handler.start);
        }
    }

    private addDifferences(handler: Handler, since: Handler | undefined, second: number, elapsed: number) {
        // A picture may come a little late: the seconds between belong to it as well.
        const first = Math.max(since ? since.start + since.length + 1 : second, second - 5);
        for (const metric of handler.metrics) {
            const old = since?.byPath.get(metric.row.path);
            for (const [of, value] of difference(metric, old, elapsed))
                for (let s = Math.min(first, second); s <= second; ++s)
                    this.put(seriesKey(handler, metric.row.path, of), s, value);
        }
    }

    private addSeconds(handler: Handler) {
        for (const { row, rate } of handler.metrics)
            rate?.seconds?.values.forEach((value, i) => {
                const second = rate.seconds!.start_ts + i;
                this.put(seriesKey(handler, row.path), second, value);
                this.newest = Math.max(this.newest, second);
            });
    }

    /** A picture of something that is over, such as a capture. */
    addTold(picture: Picture) {
        for (const handler of picture.handlers) {
            this.addSeconds(handler);
            this.oldest = Math.min(this.oldest, handler.start);
            this.newest = Math.max(this.newest, handler.start + handler.length);
        }
    }

    /** A whole minute: its mean where nothing better is known. */
    fill(minute: Picture) {
        for (const handler of minute.handlers) {
            this.fillHandler(handler);
            this.addSeconds(handler);
            this.oldest = Math.min(this.oldest, handler.start);
            this.newest = Math.max(this.newest, handler.start + handler.length);
        }
    }

    private fillHandler(handler: Handler) {
        const end = handler.start + handler.length;
        for (const metric of handler.metrics)
            for (const [of, value] of difference(metric, undefined, Math.max(handler.length, 1))) {
                const key = seriesKey(handler, metric.row.path, of);
                for (let s = handler.start; s < end; ++s)
                    if (this.value(key, s) === undefined) this.put(key, s, value);
            }
    }

    forget() {
        this.rings.clear();
        this.before.clear();
        this.newest = 0;
        this.oldest = Infinity;
    }

    /** After a pause the next picture says nothing about the time between. */
    interrupt() { this.before.clear(); }
}

function difference(metric: Metric, old: Metric | undefined, elapsed: number): [string, number][] {
    if (metric.row.kind === 'counter') {
        const more = metric.value! - (old?.value ?? 0);
        return [['', Math.max(more, 0) / elapsed]];
    }
    if (metric.quantiles?.bins.length) {
        const bins = binsSince(metric.quantiles.bins, old?.quantiles?.bins ?? []);
        const out: [string, number][] = [];
        for (const [of, share] of [['p50', 0.5], ['p99', 0.99]] as const) {
            const value = quantileOfBins(bins, share);
            if (value !== undefined) out.push([of, value]);
        }
        return out;
    }
    return [];
}
