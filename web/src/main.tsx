import 'uplot/dist/uPlot.min.css';
import '../style/page.css';
import '../style/parts.css';
import { render } from 'preact';
import { useEffect, useReducer } from 'preact/hooks';
import { SessionContext, useShown } from './context';
import { HandlerView } from './handler_view';
import { LedgerView } from './ledger';
import { Manage } from './manage';
import { NameView } from './name_view';
import { Overview } from './overview';
import { Session } from './session';
import { Shell } from './shell';
import { Empty, visible } from './text';
import { startTheme } from './theme';

function View() {
    const { state, picture } = useShown();
    const { view, which } = state.route;
    if (view === 'manage' && !state.report) return <Manage />;
    if (!picture) return state.problem && state.link !== 'lost'
        ? <Empty what="Nothing to show:" why={`${state.problem}.`} todo="Taps & policies tells what there is." />
        : <div class="wait" aria-hidden="true">{[1, 2, 3, 4, 5, 6].map(() => <i />)}</div>;
    if (view === 'name') return <NameView name={which} />;
    if (view === 'ledger') return <LedgerView />;
    if (view === 'handler') {
        const handler = picture.handlers.find(one => one.instance === which);
        return handler ? <HandlerView key={which} handler={handler} />
            : <Empty what={`There is no handler ${visible(which)} in this policy.`} todo="The tabs above are those there are." />;
    }
    return <Overview />;
}

function App({ session }: { session: Session }) {
    const [, draw] = useReducer((n: number, _: void) => n + 1, 0);
    useEffect(() => {
        const stop = session.subscribe(() => draw());
        draw();
        return () => { stop(); };
    }, []);
    return <SessionContext.Provider value={session}><Shell><View /></Shell></SessionContext.Provider>;
}

startTheme();
const session = new Session();
const report = document.getElementById('report-data')?.textContent?.trim();
if (report) session.startReport(JSON.parse(report));
else void session.start();
const page = document.getElementById('page')!;
page.textContent = '';
render(<App session={session} />, page);
