// For NODE_OPTIONS=--import: a process whose clocks stand still, at the time FROZEN_AT (milliseconds since 1970).
const at = Number(process.env.FROZEN_AT);
Date.now = () => at;
performance.now = () => 0;
