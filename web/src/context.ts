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

/** The same metric of the minute that is compared with. */
export function useBefore(handler: Handler, metric: Metric): Metric | undefined {
    const { against } = useShown();
    return against?.handlers.find(other => other.instance === handler.instance)?.byPath.get(metric.row.path);
}

/** The pictures there are by time, oldest first, the minute being filled last. */
export function useMinutes() {
    const { state } = useSession();
    const starts = [...state.held.map(held => held.start).reverse(), ...(state.live ? [state.live.start] : [])];
    return [...new Set(starts)].map(start => ({ start, picture: minuteAt(state, start)!, open: start === state.live?.start }));
}
