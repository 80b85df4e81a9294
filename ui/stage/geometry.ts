// Where things stand on the stage, in pixels, and the way from one to the other. The boxes are measured; the rest follows.
import { type NodeName, otherNode } from '../recording/observation.ts';
import type { Drawn } from '../recording/picture.ts';
import { MAX_QUEUED, type Place } from '../recording/story.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

/** What is measured, all from the upper left corner of the stage. */
export interface Boxes {
  readonly width: number;
  readonly height: number;
  /** The client, the nodes, and in each node the track on which tokens pass. */
  readonly client: Box;
  readonly a: Box;
  readonly b: Box;
  readonly trackA: Box;
  readonly trackB: Box;
  readonly crownA: Box;
  readonly crownB: Box;
}

/** Of a token, and between two rows of the queue. */
export const TOKEN_HEIGHT = 26;
export const ROW = 31;
export const TUBE_WIDTH = 40;
const CHARACTER = 7.9;

export interface Geometry {
  readonly boxes: Boxes;
  /** The nodes stand below each other. */
  readonly isTall: boolean;
  readonly tube: Box;
  readonly queue: { readonly columns: number; readonly rows: number; readonly columnWidth: number };
  readonly tray: Point;
}

export const middle = ({ x, y, width, height }: Box): Point => ({ x: x + width / 2, y: y + height / 2 });
const pick = <T>(node: NodeName, a: T, b: T): T => (node === 'a' ? a : b);

export function geometryOf(boxes: Boxes): Geometry {
  const { a, b, trackA } = boxes;
  const isTall = b.y >= a.y + a.height;
  const along = middle(trackA);
  const tube = isTall
    ? { x: along.x - TUBE_WIDTH / 2, y: a.y + a.height, width: TUBE_WIDTH, height: b.y - a.y - a.height }
    : { x: a.x + a.width, y: along.y - TUBE_WIDTH / 2, width: b.x - a.x - a.width, height: TUBE_WIDTH };
  const room = isTall ? tube.x - a.x - 8 : tube.width - 24;
  const columns = Math.max(1, Math.min(isTall ? 3 : 2, Math.floor(room / 104)));
  const rows = Math.ceil(MAX_QUEUED / columns);
  const queue = { columns, rows, columnWidth: Math.min(190, room / columns) };
  const tray = isTall
    ? { x: a.x + 60, y: tube.y + tube.height - 66 }
    : { x: tube.x + tube.width / 2, y: Math.max(a.y + a.height, b.y + b.height) - 26 };
  return { boxes, isTall, tube, queue, tray };
}

/** Characters that fit on a token. */
export function roomFor({ queue, tube, isTall }: Geometry, isQueued: boolean): number {
  const width = isQueued ? queue.columnWidth - 26 : isTall ? 130 : Math.min(170, tube.width * 0.5);
  return Math.max(5, Math.floor((width - 20) / CHARACTER));
}

export const tokenWidth = (label: string): number => Math.max(26, label.length * CHARACTER + 20);

/** The end of the tube at a node. */
export function mouthOf({ tube, isTall }: Geometry, node: NodeName): Point {
  const { x, y } = middle(tube);
  if (isTall) return { x, y: pick(node, tube.y, tube.y + tube.height) };
  return { x: pick(node, tube.x, tube.x + tube.width), y };
}

/** Where a token of the queue stands: the first nearest to the mouth. */
export function slotAt(geometry: Geometry, owner: NodeName, slot: number): Point {
  const { queue, isTall, tube } = geometry;
  const mouth = mouthOf(geometry, owner);
  const whole = Math.floor(slot);
  const rest = slot - whole;
  const at = (index: number): Point => {
    const row = isTall ? Math.floor(index / queue.columns) : index % queue.rows;
    const column = isTall ? index % queue.columns : Math.floor(index / queue.rows);
    const aside = queue.columnWidth * (column + 0.5);
    if (isTall) return { x: tube.x - 8 - aside, y: pick(owner, mouth.y + 24 + row * ROW, mouth.y - 24 - row * ROW) };
    return { x: pick(owner, mouth.x + 12 + aside, mouth.x - 12 - aside), y: mouth.y + TUBE_WIDTH / 2 + 26 + row * ROW };
  };
  return between(at(whole), at(Math.min(whole + 1, MAX_QUEUED)), rest);
}

const between = (from: Point, to: Point, part: number): Point => ({
  x: from.x + (to.x - from.x) * part,
  y: from.y + (to.y - from.y) * part,
});

const trackOf = ({ boxes }: Geometry, node: NodeName): Point => middle(pick(node, boxes.trackA, boxes.trackB));

/** The way of a client's request: from its edge to the track of the node. Node B is reached around node A. */
function clientWay(geometry: Geometry, node: NodeName): readonly Point[] {
  const { boxes, isTall } = geometry;
  const { client } = boxes;
  const track = trackOf(geometry, node);
  const beside = { x: client.x + client.width, y: middle(client).y };
  if (isTall) {
    if (node === 'a') return [{ x: track.x, y: client.y + client.height }, track];
    const x = boxes.width - 5;
    return [beside, { x, y: beside.y }, { x, y: track.y }, track];
  }
  if (node === 'a') return [beside, track];
  const above = { x: middle(client).x, y: client.y };
  const x = boxes.b.x + boxes.b.width + 10;
  return [above, { x: above.x, y: 9 }, { x, y: 9 }, { x, y: track.y }, track];
}

/** What is seen of that way: to the edge of the node. */
export function laneOf(geometry: Geometry, node: NodeName): readonly Point[] {
  const way = clientWay(geometry, node);
  const box = pick(node, geometry.boxes.a, geometry.boxes.b);
  const before = way.at(-2) ?? box;
  const isFromAbove = geometry.isTall && node === 'a';
  const x = isFromAbove ? before.x : node === 'a' ? box.x : box.x + box.width;
  return [...way.slice(0, -1), { x, y: isFromAbove ? box.y : before.y }];
}

/** The corners of a token's way. */
export function wayOf(
  geometry: Geometry,
  { from, to, owner, slot }: Pick<Drawn, 'from' | 'to' | 'owner' | 'slot'>,
): readonly Point[] {
  if (from === 'client' || to === 'client') {
    const node = from === 'client' ? to : from;
    const way = clientWay(geometry, node === 'b' ? 'b' : 'a');
    return from === 'client' ? way : [...way].reverse();
  }
  const pointOf = (place: Place): readonly Point[] => {
    if (place === 'queue') return [mouthOf(geometry, owner), slotAt(geometry, owner, slot)];
    if (place === 'tray') return [mouthOf(geometry, owner), geometry.tray];
    return [trackOf(geometry, place === 'b' ? 'b' : 'a')];
  };
  if (from === to) return pointOf(from).slice(-1);
  const [start, end] = [pointOf(from), pointOf(to)];
  // Within the queue and the tray there is no way back to the mouth, and from the node that keeps them there is.
  if (from === 'queue' && to === 'tray') return [...start.slice(-1), ...end.slice(-1)];
  const isAcross = to === otherNode(owner) || from === otherNode(owner);
  const corners = [...[...start].reverse(), ...end];
  return isAcross || from === owner || to === owner ? corners : [...start.slice(-1), ...end.slice(-1)];
}

/** The point at a part of a way, from 0 to 1, by its length. */
export function pointOn(way: readonly Point[], part: number): Point {
  const lengths = way.slice(1).map((point, i) => distance(way[i] ?? point, point));
  let left = lengths.reduce((sum, length) => sum + length, 0) * part;
  for (const [i, length] of lengths.entries()) {
    const [from, to] = [way[i], way[i + 1]];
    if (from && to && left <= length) return between(from, to, length === 0 ? 1 : left / length);
    left -= length;
  }
  return way.at(-1) ?? { x: 0, y: 0 };
}

const distance = (from: Point, to: Point): number => Math.hypot(to.x - from.x, to.y - from.y);

/** Keeps the beginning and the end of a text that does not fit. */
export function shortened(text: string, room: number): string {
  if (text.length <= room) return text;
  const head = Math.ceil((room - 1) * 0.6);
  return `${text.slice(0, head)}…${text.slice(text.length - (room - 1 - head))}`;
}
