// The members of a bucket, as they come and go in any order: many keys may be made to fall into one.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type BucketMember, DigestIndex } from '../../../lib/store/memory/digest-index.ts';
import { recordOf } from '../../support/records.ts';

interface Member extends BucketMember {
  readonly key: string;
}

test('has the members that were put and not removed, and sums that come back to 0', () => {
  const steps = fc.array(fc.record({ puts: fc.boolean(), which: fc.nat(19) }), { maxLength: 100 });
  fc.assert(
    fc.property(steps, (taken) => {
      const index = new DigestIndex<Member>();
      const held = new Map<string, Member>();
      for (const { puts, which } of taken) {
        const key = `k${which}`;
        const member = held.get(key) ?? { key, position: 0 };
        if (puts && !held.has(key)) index.put(7, member, undefined, recordOf(key, 1));
        if (!puts && held.has(key)) index.remove(7, member, recordOf(key, 1));
        if (puts) held.set(key, member);
        else held.delete(key);
        expect(new Set(index.membersOf(7))).toEqual(new Set(held.values()));
        expect([...index.membersOf(7)]).toHaveLength(held.size);
      }
      for (const member of held.values()) index.remove(7, member, recordOf(member.key, 1));
      expect(BigInt.asUintN(64, index.sums[7] ?? 0n)).toBe(0n);
    }),
  );
});
