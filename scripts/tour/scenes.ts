// What the recorded tour shows: its beginning and its end, and of each step what is said over it, and what is pressed.

export interface Scene {
  /** Said before it is done, and meanwhile. */
  readonly before: string;
  /** Said once it is done. */
  readonly after: string;
  /** Names of the buttons that are pressed as soon as the step offers them, as often as it does. */
  readonly presses: readonly string[];
  /** Whether it is part of the picture for the README. */
  readonly isInPicture?: boolean;
}

export const BEGINNING = {
  title: 'Tandem',
  text: 'A key-value store on two nodes, in ten steps. Each is a real request to real processes.',
};

export const SCENES: readonly Scene[] = [
  {
    before: 'A write goes to the primary, which copies it to the replica.',
    after: 'The tick is back: both nodes have it.',
    presses: ['Write “hello” to lesson'],
    isInPicture: true,
  },
  {
    before: 'Each node answers reads from what it holds itself.',
    after: 'The same value on both.',
    presses: ['Read lesson on node A', 'Read lesson on node B'],
  },
  {
    before: 'What if the replica refuses a record?',
    after: 'It waits on the primary. The answer was 202: stored, not copied yet.',
    presses: ['Write __fail__ to bad'],
  },
  {
    before: 'The primary sends what a key is now, not what was refused.',
    after: 'A new value has healed it.',
    presses: ['Write “good” to bad', 'Read bad on node B'],
  },
  {
    before: 'Kill the replica, and go on writing.',
    after: 'No write has failed. What the replica missed stands in a queue.',
    presses: ['Kill node B', 'Write all five'],
    isInPicture: true,
  },
  {
    before: 'Trying a dead node at each write would cost time.',
    after: 'The circuit is open: no write waits for the replica.',
    presses: ['Write once more', 'Write to lesson-1 and lesson-2'],
  },
  {
    before: 'Start the replica again. Its memory is empty.',
    after: 'It has everything again.',
    presses: ['Start node B'],
    isInPicture: true,
  },
  {
    before: 'The worst message to lose is the answer.',
    after: 'It was sent again, and known to be the same: applied once.',
    presses: ['Lose one reply of node B', 'Write “once only” to once', 'Repair now'],
  },
  {
    before: 'Kill the primary, and have the other node lead.',
    after: 'The crown has moved. The former primary follows.',
    presses: ['Kill node A', 'Promote node B without the primary', 'Start node A'],
    isInPicture: true,
  },
  {
    before: 'Cut the link, and write one key on both sides.',
    after: 'The write that lost had been answered with success. So it is listed.',
    presses: [
      'Cut the link',
      'Write contested on node B',
      'Promote node A without the primary',
      'Write contested on node A',
      'Join the link',
      'Repair now',
      'Open the list',
    ],
  },
];

export const QUIZ = {
  before: 'Then a quiz, made of how your two nodes stand at that moment.',
  after: 'Break something first, and the questions are others.',
};

export const END = { title: 'npm start', text: 'The tour is at localhost:8000/?tour' };
