/*
 * project_pace.h - where a project is heading: what it will have delivered by its end, when its
 * target is reached, and when its claims will be more than was verified. Part of the fold.
 *
 * Delivery goes by the pace since the start. Claims come in steps, so theirs is the pace
 * between the last claim and the one before it, and so is that of what was verified: who
 * claims each time what was verified until then is never foretold to claim too much.
 */
#ifndef CORE_OVERSIGHT_PROJECT_PACE_H
#define CORE_OVERSIGHT_PROJECT_PACE_H

#include "core/oversight/ledger.h"

struct project_standing {
    int64_t claimed_persons, claimed_fen, verified_persons, verified_fen, target, unit_fen;
};

struct claim_forecast {
    int64_t at_ns;    /* from then on more is claimed than verified; never before now */
    int64_t excess;   /* at the end of the project; fen, or persons when nothing has a price */
    int64_t verified; /* at the end, of the same unit */
};

/* Looked at once a week, from a quarter of its time on. */
#define FORECAST_EVERY_NS (INT64_C(7) * 86400 * INT64_C(1000000000))

/* Persons by the end at the pace until now; -1 when it is too early to say. */
int64_t pace_persons(const struct fold *fold, const struct entry *entry,
                     const struct project_standing *s);
/* Will less than oversight.delivery_share of the target be delivered, also when the pace until
 * now was bad luck (two standard deviations of a count)? */
bool pace_misses(const struct fold *fold, const struct entry *entry,
                 const struct project_standing *s);
/* When the target is reached at the pace until now; 0 never or unknown. */
int64_t pace_reached_ns(const struct fold *fold, const struct entry *entry,
                        const struct project_standing *s);
/* A claim of a new period, or of one that was claimed before: s is how it stands with it. */
void pace_mark(struct ledger_call *call, const struct project_standing *s, bool is_new);
/* Will its claims be more than oversight.delivery_share lets pass before it ends? */
bool pace_over_claim(const struct fold *fold, const struct entry *entry,
                     const struct project_standing *s, struct claim_forecast *forecast);

#endif
