import { useEffect, useRef } from 'preact/hooks';

export const shortcuts: [string, string][] = [
    ['?', 'this help'], ['o', 'overview'], ['1 … 9', 'a handler, in the order of the tabs'], ['m', 'taps and policies'],
    ['p', 'next policy (Shift: the one before)'], ['l', 'live'], ['← →', 'a minute earlier, later'], ['w', 'all minutes in one'],
    ['c', 'compare with the minute before'], ['space', 'pause, go on'], ['/', 'search the first list'],
    ['f', 'names that fail: NXDOMAIN'], ['t', 'light, dark'], ['Esc', 'back to the overview']];

export function Help({ close }: { close: () => void }) {
    const dialog = useRef<HTMLDialogElement>(null);
    useEffect(() => { dialog.current!.showModal(); }, []);
    return <dialog ref={dialog} aria-labelledby="help" onClose={close}
        onClick={event => { if (event.target === dialog.current) dialog.current!.close(); }}>
        <h2 id="help">Keys</h2>
        <dl class="keys">{shortcuts.map(([key, what]) => <div><dt>{key.split(' ').map(one =>
            one === '…' ? ' … ' : <kbd>{one}</kbd>)}</dt><dd>{what}</dd></div>)}</dl>
        <p class="help">Click a name for its counts over the minutes held. A count that is not exact has its bounds beside it.</p>
        <div class="actions"><button type="button" class="primary" onClick={() => dialog.current!.close()}>Close</button></div>
    </dialog>;
}
