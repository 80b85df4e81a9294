// The head of the page: its name, the token, and where the nodes are.
import { TourButtons } from '../tour/tour-buttons.tsx';
import { NodesForm } from './nodes-form.tsx';
import { TokenField, TokenHints } from './token-field.tsx';

export function Header() {
  return (
    <header class="head">
      <h1>
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
          <path d="M9 16h14" />
          <circle cx="8" cy="16" r="6.5" />
          <circle class="hollow" cx="24" cy="16" r="5" />
        </svg>
        Tandem
      </h1>
      <p class="tagline">
        A key-value store on two nodes. Writes go to the primary, and it copies each one to the replica.
      </p>
      <TokenField />
      <TourButtons />
      <NodesForm />
      <TokenHints />
    </header>
  );
}
