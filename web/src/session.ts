// What the page knows, and where it has it from: an agent, or the data of a report. Views are drawn from `state`;
// whoever changes it calls changed().
import { ask, metricsPath, Refusal } from './api';
import { History } from './history';
import { Live, type Link } from './live';
import { readPicture, type Picture, type Schema } from './picture';
import { href, parseRoute, type Route } from './route';

type Json = Record<string, any>;

export interface Held { start: number; picture: Picture }

export interface State {
    report?: { title: string; version: string; policies: Json };
    route: Route;
    policies: Json; // as /api/v1/policies has them
    taps: Json;
    app?: { version: string; up_time_min: number };
    schema?: Schema;
    admin: boolean;     // the agent allows changes
    dryRun: boolean;    // and judges them without making them
    policy: string;     // the one shown
    live?: Picture;     // of the minute that is being filled
    liveAt: number;     // when it came, milliseconds of this host
    held: Held[];       // whole minutes, newest first
    window?: { minutes: number; picture: Picture };
    link: Link;
    lostAt: number;
    paused: boolean;
    problem?: string;   // why there is nothing to show
    renewed: boolean;   // the agent is of another version than this page
}

const quiet = 15_000; // a page hidden for so long lets its stream go

/** What the agent tells of an input itself: it comes and goes with the input. */
export const ofResources = (policy: string) => /-resources$/.test(policy);

export class Session {
    history = new History();
    state: State = { route: parseRoute(location.hash), policies: {}, taps: {}, admin: false, dryRun: false, policy: '',
                     liveAt: 0, held: [], link: 'connecting', lostAt: 0, paused: false, renewed: false };
    private live?: Live;
    private listeners = new Set<() => void>();
    private stale = false; // changed while nobody looked
    private hiddenTimer?: number;
    private windowAsked = 0;
    private loadingHeld = ''; // the policy whose minutes are on their way
    private minute = 0;       // the start of the newest picture, shown or not

    subscribe(listener: () => void) {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
    }

    /** Whatever is drawn is drawn again, unless nobody sees it. */
    changed(changes: Partial<State> = {}) {
        Object.assign(this.state, changes);
        this.stale = document.hidden;
        if (!this.stale) for (const listener of this.listeners) listener();
    }

    async start() {
        window.addEventListener('hashchange', () => this.follow());
        document.addEventListener('visibilitychange', () => this.visibility());
        await this.findOut();
        void this.findRights();
        setInterval(() => { if (!document.hidden) void this.refresh(); }, 10_000);
    }

    startReport(data: Json) {
        const policies = data.policies ?? {};
        this.state.report = { title: String(data.title ?? ''), version: String(data.version ?? ''), policies };
        Object.assign(this.state, { schema: data.schema, policies, link: 'live', app: undefined });
        window.addEventListener('hashchange', () => this.follow());
        this.follow();
    }

    private async findRights() {
        try {
            const post = (await ask('/api/v1/openapi.json'))?.paths?.['/api/v1/policies']?.post;
            this.changed({ admin: !!post, dryRun: JSON.stringify(post ?? {}).includes('dry_run') });
        } catch {
            // as it was
        }
    }

    /** It was away: it may be another one now. */
    private async findAgain() {
        const version = this.state.app?.version;
        await Promise.all([this.refresh(), this.findRights()]);
        if (version && this.state.app && this.state.app.version !== version) this.changed({ renewed: true });
    }

    private async findOut() {
        try {
            const [policies, schema, app, taps] = await Promise.all([
                ask('/api/v1/policies'), this.state.schema ?? ask('/api/v1/metrics/schema').catch(() => undefined),
                ask('/api/v1/metrics/app'), ask('/api/v1/taps').catch(() => ({}))]);
            this.state.problem = undefined;
            Object.assign(this.state, { policies, schema, app: app?.app, taps });
            this.follow();
        } catch (error) {
            this.changed({ link: 'lost', lostAt: this.state.lostAt || Date.now(), problem: String((error as Error).message) });
            setTimeout(() => void this.findOut(), 2000);
        }
    }

    /** What runs, and the age of the agent; the figures come by themselves. */
    async refresh() {
        try {
            const [policies, app, taps] = await Promise.all(
                [ask('/api/v1/policies'), ask('/api/v1/metrics/app'), ask('/api/v1/taps').catch(() => ({}))]);
            Object.assign(this.state, { policies, app: app?.app, taps });
            if (!this.state.policies[this.state.policy]) this.follow();
            else this.changed();
            if (!this.state.policy) this.linked('polling');
        } catch (error) {
            // The live picture tells of a lost connection, where there is one.
            if (!this.state.policy && !(error instanceof Refusal)) this.linked('lost');
        }
    }

    /** Those on the tap, or all. */
    policyNames(tap = this.state.route.tap): string[] {
        const names = Object.keys(this.state.policies).filter(name => !tap || this.tapsOf(name).includes(tap));
        return names.sort((a, b) => Number(ofResources(a)) - Number(ofResources(b)) || a.localeCompare(b));
    }

    tapsOf(policy: string): string[] { return Object.keys(this.state.policies[policy]?.taps ?? {}); }

    /** Those that policies are on. */
    taps(): string[] {
        return [...new Set(Object.keys(this.state.policies).flatMap(policy => this.tapsOf(policy)))].sort();
    }

    /** Goes there at once: what is pressed next starts from there, not from what the browser has told of so far. */
    go(changes: Partial<Route>) {
        location.hash = href(this.state.route, changes);
        this.follow();
    }

    /** The address says what to show. */
    follow() {
        const route = parseRoute(location.hash);
        const tap = route.tap && this.taps().includes(route.tap) ? route.tap : undefined;
        const names = this.policyNames(tap ?? '');
        const wanted = route.policy || this.state.policy;
        const policy = names.includes(wanted) ? wanted : names.includes('default') ? 'default' : names[0] ?? '';
        this.state.route = { ...route, policy, tap };
        if (policy !== this.state.policy) this.show(policy);
        if (route.time.kind === 'window') void this.loadWindow(route.time.minutes);
        this.changed({ problem: policy ? undefined : 'no policy runs' });
    }

    private show(policy: string) {
        this.live?.close();
        this.live = undefined;
        this.history.forget();
        this.minute = 0;
        Object.assign(this.state, { policy, live: undefined, held: [], window: undefined, paused: false });
        if (!policy) return this.linked('polling');
        if (this.state.report) this.showReport(policy);
        else if (!document.hidden) this.connect();
    }

    private showReport(policy: string) {
        const picture = readPicture(this.state.report!.policies[policy], this.state.schema);
        const told = picture.handlers.flatMap(handler => handler.metrics.flatMap(metric => metric.rate?.seconds ?? []));
        this.history = new History(Math.max(...told.map(one => one.values.length), 0) + 1, Math.max(...told.map(one => one.step ?? 1), 1));
        this.state.live = picture;
        this.history.addTold(picture);
    }

    private connect() {
        this.history.interrupt();
        const policy = this.state.policy;
        const live: Live = this.live = new Live(policy, {
            picture: answer => this.take(policy, answer),
            link: link => this.linked(link),
            gone: () => void this.refresh().then(() => {
                if (this.live !== live) return; // another policy is shown by now
                this.live = undefined;
                if (this.state.policies[policy] && !document.hidden) this.connect(); // it was replaced
            }),
        });
    }

    private linked(link: Link) {
        if (link === this.state.link) return;
        const known = this.state.live !== undefined, wasLost = this.state.link === 'lost';
        this.changed({ link: link === 'connecting' && known ? this.state.link : link,
                       lostAt: link === 'lost' ? Date.now() : this.state.lostAt });
        if (link === 'live' || link === 'polling') void (wasLost ? this.findAgain() : this.policyNames().length && this.refresh());
    }

    pause(paused: boolean) {
        this.history.freeze(paused);
        this.changed({ paused });
        if (!paused) void this.loadHeld();
    }

    private take(policy: string, answer: any) {
        const one = answer?.[policy];
        if (!one || policy !== this.state.policy) return;
        const picture = readPicture(one, this.state.schema, this.state.policies[policy]?.modules);
        const began = this.minute !== picture.start;
        this.minute = picture.start;
        this.history.add(picture, performance.now() / 1000);
        if (this.state.paused) return;
        if (began) void this.loadHeld();
        const { time } = this.state.route;
        if (time.kind === 'window' && performance.now() - this.windowAsked > 5000) void this.loadWindow(time.minutes);
        this.changed({ live: picture, liveAt: Date.now() });
    }

    /** The whole minutes there are; those that are here already are not asked for again. */
    private async loadHeld() {
        const { policy } = this.state;
        if (this.loadingHeld === policy || !policy || this.state.report) return;
        this.loadingHeld = policy;
        const { minute } = this;
        const fetched: Picture[] = [];
        let met = false; // one that is here: those before it are here as well, as far as the agent still has them
        try {
            if (this.state.live) await this.refresh(); // says how many there are
            for (let n = 1; n < this.periods('held') && !met; ++n) {
                const answer = await ask(metricsPath(policy, `bucket/${n}?extended=1&charts=1`));
                if (policy !== this.state.policy) return;
                const picture = readPicture(answer[policy], this.state.schema, this.state.policies[policy]?.modules);
                if (!picture.start) break;
                met = this.state.held.some(held => held.start === picture.start);
                if (!met) fetched.push(picture);
            }
        } catch (error) {
            if (!(error instanceof Refusal)) this.minute = 0; // the next picture tries again; 425: there are no more
            met = met || !(error instanceof Refusal);
        } finally {
            if (this.loadingHeld === policy) this.loadingHeld = '';
        }
        if (policy !== this.state.policy) return;
        if (!met) this.state.held = []; // the agent began anew
        for (const picture of fetched.reverse()) this.keep(picture);
        this.changed();
        if (this.minute > minute && minute) void this.loadHeld(); // one ended meanwhile
    }

    private keep(picture: Picture) {
        this.history.fill(picture);
        const others = this.state.held.filter(held => held.start !== picture.start);
        const all = [{ start: picture.start, picture }, ...others].sort((a, b) => b.start - a.start);
        this.state.held = all.slice(0, this.periods() - 1);
    }

    /** Minutes the agent keeps of this policy, or has already; the one being filled is one of them. */
    periods(of: 'held' | 'kept' = 'kept'): number {
        const modules = Object.values(this.state.policies[this.state.policy]?.modules ?? {}) as Json[];
        return Math.max(1, ...modules.map(module =>
            of === 'held' ? module?.metrics?.periods?.length ?? 1 : Number(module?.metrics?.periods_configured) || 1));
    }

    private async loadWindow(minutes: number) {
        if (this.state.report) return;
        this.windowAsked = performance.now();
        const { policy } = this.state;
        try {
            const most = Math.min(minutes, this.periods('held'));
            const answer = await ask(metricsPath(policy, `${most > 1 ? `window/${most}` : 'bucket/0'}?extended=1&charts=1`));
            const { time } = this.state.route;
            if (policy !== this.state.policy || time.kind !== 'window' || time.minutes !== minutes) return;
            const picture = readPicture(answer[policy], this.state.schema, this.state.policies[policy]?.modules);
            this.changed({ window: { minutes, picture } });
        } catch {
            // the live picture tells of a lost connection; what was shown stays
        }
    }

    private visibility() {
        clearTimeout(this.hiddenTimer);
        if (document.hidden) {
            this.hiddenTimer = window.setTimeout(() => {
                this.live?.close();
                this.live = undefined;
            }, quiet);
            return;
        }
        if (!this.live && this.state.policy && !this.state.report) this.connect();
        if (this.stale) this.changed();
    }
}

const parts = new WeakMap<Picture, { tap: string; part: Picture }>();

/** What of it is of the chosen tap. */
function ofTap({ route: { tap } }: State, picture: Picture | undefined): Picture | undefined {
    if (!picture || !tap) return picture;
    const known = parts.get(picture);
    if (known?.tap === tap) return known.part;
    // A stream is named by its tap and a number.
    const ledger = new Map([...picture.ledger].filter(([stream]) => stream.slice(0, stream.lastIndexOf('-')) === tap));
    const part = { ...picture, handlers: picture.handlers.filter(handler => !handler.tap || handler.tap === tap), ledger };
    parts.set(picture, { tap, part });
    return part;
}

/** The minute that is being filled, of the chosen tap. */
export const live = (state: State) => ofTap(state, state.live);
/** The whole minute before it. */
export const newestHeld = (state: State) => ofTap(state, state.held[0]?.picture);

/** The picture the chosen time shows, and undefined when it is not there (yet, or any more). */
export function shown(state: State): Picture | undefined {
    const { time } = state.route;
    if (state.report || time.kind === 'live') return live(state);
    if (time.kind === 'window') return state.window?.minutes === time.minutes ? ofTap(state, state.window.picture) : undefined;
    return minuteAt(state, time.start);
}

export const minuteAt = (state: State, start: number) =>
    ofTap(state, start === state.live?.start ? state.live : state.held.find(held => held.start === start)?.picture);

export const versus = (state: State) => (state.route.versus ? minuteAt(state, state.route.versus) : undefined);
