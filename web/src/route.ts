// Where one is, in the address, so that it can be kept, shared and gone back to: #/POLICY/VIEW/WHICH?t=TIME&vs=MINUTE&tap=TAP.

export interface Route {
    policy: string;
    tap?: string;    // alone; otherwise all of the policy
    view: 'overview' | 'handler' | 'name' | 'ledger' | 'manage';
    which: string;   // the handler's instance, the name
    time: Time;
    versus?: number; // start of the minute to compare with
}

export type Time = { kind: 'live' } | { kind: 'minute'; start: number } | { kind: 'window'; minutes: number };

const views = ['overview', 'handler', 'name', 'ledger', 'manage'];

export const timeText = (time: Time) =>
    time.kind === 'live' ? 'live' : time.kind === 'minute' ? String(time.start) : `w${time.minutes}`;

export function timeOf(text: string | null): Time {
    const window = /^w(\d{1,2})$/.exec(text ?? '');
    if (window) return { kind: 'window', minutes: Number(window[1]) };
    return /^\d{1,12}$/.test(text ?? '') ? { kind: 'minute', start: Number(text) } : { kind: 'live' };
}

function decoded(text: string): string {
    try {
        return decodeURIComponent(text);
    } catch {
        return text;
    }
}

/** Where one begins with another policy or tap: at its first view, now. */
export const anew: Partial<Route> = { view: 'overview', which: '', versus: undefined, time: { kind: 'live' } };

export function parseRoute(hash: string): Route {
    const [path, query] = hash.replace(/^#\/?/, '').split('?');
    const [policy = '', view = '', which = ''] = path.split('/').map(decoded);
    const parameters = new URLSearchParams(query);
    const versus = Number(parameters.get('vs'));
    return { policy, view: (views.includes(view) ? view : 'overview') as Route['view'], which,
             time: timeOf(parameters.get('t')), versus: versus || undefined, tap: parameters.get('tap') || undefined };
}

export function href(route: Route, changes: Partial<Route> = {}): string {
    const to = { ...route, ...changes };
    // A lone surrogate has no encoding; such a name leads to nothing, but does no harm.
    const encode = (text: string) => encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd'));
    const parts = [to.policy, to.view, to.which].map(encode);
    const query = new URLSearchParams();
    if (to.time.kind !== 'live') query.set('t', timeText(to.time));
    if (to.versus) query.set('vs', String(to.versus));
    if (to.tap) query.set('tap', to.tap);
    const tail = query.toString();
    return `#/${parts.join('/').replace(/\/+$/, '')}${tail && `?${tail}`}`;
}
