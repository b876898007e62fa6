/*
 * account.h - the ledger of one organisation: its activities, disclosure, honesty, evaluation
 * and inspections, each with its cases. Documented facts alone: no alarm counts, no times of
 * response, and no person.
 */
#ifndef CORE_OVERSIGHT_ACCOUNT_H
#define CORE_OVERSIGHT_ACCOUNT_H

#include "core/fold.h"

void account_json(const struct fold *fold, const struct entry *org, struct json_out *out);

#endif
