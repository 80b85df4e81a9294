// Which drawer is open. One at most; none moves what is on the page.
import { signal } from '@preact/signals';

export type Drawer = 'wire' | 'faults' | 'divergent';

export const drawer = signal<Drawer | undefined>(undefined);

export function toggleDrawer(name: Drawer): void {
  drawer.value = drawer.value === name ? undefined : name;
}
