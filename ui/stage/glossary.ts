// The words of the stage that a newcomer may not know, explained in a sentence or two.

export const GLOSSARY: Readonly<Record<string, string>> = {
  primary: 'The node that takes writes. It copies each one to the other node, the replica.',
  replica: 'The node that holds a copy. It answers reads, and takes writes from its primary only.',
  unreachable:
    'No connection comes about, or no answer in time. The primary serves on; what it owes the replica waits in its backlog.',
  backlog:
    'The records on the primary that the replica has not acknowledged in their present state. They are sent again until it has.',
  circuit:
    'The circuit breaker. After several failures in a row the primary stops trying, so that no write waits for a replica that fails. After a pause it tries one: half open. If that gets through, the circuit closes.',
  'lost request':
    'The message never arrived. The primary waits, gives up, and sends the record again later. Nothing is missing.',
  'lost reply':
    'The message arrived and the answer did not. To the primary that looks the same as a lost message, so it sends the record again. The replica finds that it has it: “same”.',
  same: 'The replica has this very version already. Applying a record twice changes nothing: that is what makes sending it again safe.',
  retry:
    'What failed is sent again: by the next write, by the repair every minute, or at once with “Repair now”. The pause grows with each failure.',
  repair:
    'Ships what is owed and compares both nodes by checksums. It runs every minute, when a node starts, and when asked for.',
  compare: 'Both nodes sum up what they hold. Only where the sums differ are records looked at.',
  refill:
    'A node in memory starts with nothing. Its primary fills it again; until then it answers 503, not 404, for what it lacks.',
  refilling:
    'A node in memory starts with nothing. Its primary fills it again; until then it answers 503, not 404, for what it lacks.',
  recovering:
    'A primary that has started with nothing takes back what its replica holds before it serves. Otherwise an empty node would lead.',
  switching: 'The primary takes no writes while it hands the lead to the other node. If that fails, all is as before.',
  switchover:
    'A planned change of roles: the primary ships what it owes, both compare, and then the other one leads. No write is lost.',
  failover:
    'The replica takes the lead without asking the primary, which may be gone. Writes that only the former primary had may become divergent.',
  epoch:
    'Each time of leading has a number, the epoch. The later one wins everywhere, so an old primary cannot overwrite what a new one wrote.',
  fenced:
    'A primary of an earlier epoch is refused. It hears of the later one and becomes the replica: two primaries do not last.',
  divergent:
    'A write that another primary’s write superseded without having seen it. It is listed with its value, until someone acknowledges it.',
  fault: 'A failure that was switched on deliberately, to see what happens.',
  kill: 'The process was ended without a chance to say goodbye. What it held in memory is gone; the other node has its copy.',
  freeze: 'The process is paused: it listens, and answers nothing. To the other node that looks like a very slow one.',
  contents:
    'What a store holds has an id of its own. A node in memory that restarts has another one: messages meant for the old contents are refused.',
  token: 'Where a token is set, only those who have it may look or write.',
  'in sync': 'The replica has acknowledged everything, with the contents that it has now, and nothing is owed.',
  '202': '“Accepted”: the write is safe on the primary, and its copy has not arrived yet. The status says when it has.',
  thinned:
    'So much happens that it cannot be drawn one by one. Numbers stand for many records; nothing is left out of the counts.',
};
