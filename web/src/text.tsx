import { pieces, visible } from './visible';

/** A name from the wire, by itself: it can neither turn what stands around it nor hide anything. */
export function Name({ text }: { text: string }) {
    if (text === '') return <span class="esc">(empty)</span>;
    return <bdi class="name">{pieces(text).map(piece =>
        piece.escaped ? <span class="esc">{piece.text}</span> : piece.text)}</bdi>;
}

export { visible };

export function Empty({ what, why, todo }: { what: string; why?: string; todo?: string }) {
    return <p class="empty"><strong>{what}</strong>{why && ` ${why}`}{todo && <span class="todo">{todo}</span>}</p>;
}
