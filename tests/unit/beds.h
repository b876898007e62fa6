/*
 * beds.h - site s1 with its beds and its gateway, who speak every ten seconds or do not.
 */
#ifndef TESTS_BEDS_H
#define TESTS_BEDS_H

#include "unit/fold_bench.h"

#define BED_ROW(id) "{'device':'" id "','kind':'bed_mat','class':'90s'}"
#define GATEWAY_ROW "{'device':'gw','kind':'gateway','class':'90s'}"
#define THREE_BED_ROWS BED_ROW("bed-1") "," BED_ROW("bed-2") "," BED_ROW("bed-3")
#define ONE_BED "{'devices':[" BED_ROW("bed-1") "]}"
#define THREE_BEDS "{'devices':[" THREE_BED_ROWS "]}"
#define BEDS_AND_GATEWAY "{'devices':[" GATEWAY_ROW "," THREE_BED_ROWS "]}"

/* The gateway's heartbeat and the beds' data, every ten seconds in (from, to]; a mask says
 * who takes part: 1 gateway, 2 bed-1, 4 bed-2, 8 bed-3. */
static inline void speak(struct bench *bench, int64_t from_s, int64_t to_s, unsigned who)
{
    static const char *const bed[] = {"bed-1", "bed-2", "bed-3"};
    for (int64_t at_s = from_s + 10; at_s <= to_s; at_s += 10) {
        bench_at(bench, at_s * S);
        if (who & 1)
            bench_status(bench, "s1", "gw", "{'online':true}");
        for (unsigned i = 0; i < 3; i++)
            if (who & (2u << i))
                bench_heard(bench, "s1", bed[i]);
    }
}

#endif
