// A value a second of whatever moves, for charts: as the agent tells it (rates have their seconds), or as the difference
// of successive pictures (counters, quantiles). Whole minutes fill in what was before the page was opened.
import { binsSince, quantileOfBins, type Handler, type Metric, type Picture } from './picture';

class Ring {
    private values: Float64Array;
    private stamps: Float64Array;
    private means: Uint8Array;

    constructor(held: number) {
        this.values = new Float64Array(held);
        this.stamps = new Float64Array(held);
        this.means = new Uint8Array(held);
    }

    put(second: number, value: number, mean: boolean) {
        const i = second % this.values.length;
        if (this.stamps[i] > second) return; // older than what is held
        this.stamps[i] = second;
        this.values[i] = value;
        this.means[i] = Number(mean);
    }

    isMean(second: number): boolean {
        const i = second % this.values.length;
        return this.stamps[i] === second && this.means[i] === 1;
    }

    get(second: number): number | undefined {
        const i = second % this.values.length;
        return this.stamps[i] === second ? this.values[i] : undefined;
    }
}

export const seriesKey = (handler: Handler, path: string, of = '') => `${handler.instance} ${path}${of && ` ${of}`}`;

export class History {
    oldest = Infinity; // unix seconds
    private latest = 0;
    private frozenAt = 0; // charts end here while they are paused
    private rings = new Map<string, Ring>();
    private before = new Map<string, { handler: Handler; at: number }>();

    /** So many seconds, or so many times `step` seconds. */
    constructor(private held = 660, readonly step = 1) {}

    private slot(second: number) { return Math.floor(second / this.step); }

    get newest() { return this.frozenAt || this.latest; }

    freeze(frozen: boolean) { this.frozenAt = frozen ? this.latest : 0; }

    private put(key: string, second: number, value: number, mean = false) {
        let ring = this.rings.get(key);
        if (!ring) this.rings.set(key, ring = new Ring(this.held));
        ring.put(this.slot(second), value, mean);
    }

    /** Only the mean of its minute is known. */
    isMean(key: string, second: number) { return this.rings.get(key)?.isMean(this.slot(second)) ?? false; }

    value(key: string, second: number) { return this.rings.get(key)?.get(this.slot(second)); }

    /** The next picture of the minute that is being filled; `at`: this host's clock in seconds. */
    add(picture: Picture, at: number) {
        // What is shown is not written over: of a long pause only what whole minutes tell is known then.
        if (this.frozenAt && picture.start + picture.length > this.frozenAt + this.held / 2) return this.interrupt();
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
            this.latest = Math.max(this.latest, second);
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
                const second = rate.seconds!.start_ts + i * (rate.seconds!.step ?? 1);
                this.put(seriesKey(handler, row.path), second, value);
                this.latest = Math.max(this.latest, second);
            });
    }

    /** A picture of something that is over, such as a capture. */
    addTold(picture: Picture) {
        for (const handler of picture.handlers) {
            this.addSeconds(handler);
            // Of what lasted long the newest alone may be told by the second.
            const first = handler.metrics.map(metric => metric.rate?.seconds?.start_ts).filter((start): start is number => !!start);
            this.oldest = Math.min(this.oldest, first.length ? Math.min(...first) : handler.start);
            this.latest = Math.max(this.latest, handler.start + handler.length - 1);
        }
    }

    /** A whole minute: its mean where nothing better is known. */
    fill(minute: Picture) {
        for (const handler of minute.handlers) {
            this.fillHandler(handler);
            this.addSeconds(handler);
            this.oldest = Math.min(this.oldest, handler.start);
            this.latest = Math.max(this.latest, handler.start + handler.length);
        }
    }

    private fillHandler(handler: Handler) {
        const end = handler.start + handler.length;
        for (const metric of handler.metrics)
            for (const [of, value] of difference(metric, undefined, Math.max(handler.length, 1))) {
                const key = seriesKey(handler, metric.row.path, of);
                for (let s = handler.start; s < end; ++s)
                    if (this.value(key, s) === undefined) this.put(key, s, value, true);
            }
    }

    forget() {
        this.rings.clear();
        this.before.clear();
        this.latest = this.frozenAt = 0;
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
