import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { minuteAt, shown, versus, type Session } from './session';
import type { Handler, Metric } from './picture';
import { href, type Route } from './route';

export const SessionContext = createContext<Session>(undefined as unknown as Session);
export const useSession = () => useContext(SessionContext);

export function useShown() {
    const session = useSession();
    const { state } = session;
    return { session, state, picture: shown(state), against: versus(state),
             to: (changes: Partial<Route>) => href(state.route, changes) };
}

/** The minute that is compared with. Counts of minutes of different lengths (one is not over yet) are compared as if they
    were as long as what is shown: `scale`. */
export function useBefore(handler: Handler): { of: (metric: Metric) => Metric | undefined; scale: number } {
    const { against } = useShown();
    const same = against?.handlers.find(other => other.instance === handler.instance);
    return { of: metric => same?.byPath.get(metric.row.path),
             scale: same?.length && handler.length ? handler.length / same.length : 1 };
}

/** The pictures there are by time, oldest first, the minute being filled last. */
export function useMinutes() {
    const { state } = useSession();
    const starts = [...state.held.map(held => held.start).reverse(), ...(state.live ? [state.live.start] : [])];
    return [...new Set(starts)].map(start => ({ start, picture: minuteAt(state, start)!, open: start === state.live?.start }));
}
