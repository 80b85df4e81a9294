// How soon two nodes are alike again after a failure, and what that costs those who read and write meanwhile.
import { measureBacklog } from './heal-backlog.ts';
import { measureContents } from './heal-contents.ts';
import { measureHang } from './heal-hang.ts';
import type { Table } from './report.ts';

export async function measureHeal(): Promise<Table[]> {
  return [...(await measureContents()), await measureBacklog(), await measureHang()];
}
