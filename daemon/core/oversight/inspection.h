/*
 * inspection.h - what the files about inspections share.
 */
#ifndef CORE_OVERSIGHT_INSPECTION_H
#define CORE_OVERSIGHT_INSPECTION_H

#include "core/oversight/ledger.h"

#define INSPECTION_DOMAINS "finance=财务|safety=安全生产|quality=服务质量|other=其他"

enum inspection_state {
    INSPECTION_PLANNED = 1,
    INSPECTION_FOUND,
    INSPECTION_RECTIFIED,
    INSPECTION_PASSED,
    INSPECTION_FAILED,
    INSPECTION_PROPOSED,
    INSPECTION_DISMISSED,
    INSPECTION_ARCHIVED
};

/* conduct.c: what the daemon itself saw of how a site is run, and proposes as a finding. */
extern const struct entry_kind kind_conduct;
/* An event of a site was taken in; a site was registered. */
void conduct_happened(struct fold *fold, const struct site *site, const char *type,
                      const struct cw_doc *doc, int64_t at_ns);
void conduct_look(struct fold *fold, struct entry *registration);
/* Who is on duty by role, how many are needed by the rule, and the patrols of this night. */
void conduct_json(const struct fold *fold, const struct site *site, struct json_out *out);
/* Once a day, at the end of the night. */
void conduct_due(struct fold *fold, struct entry *conduct);

#endif
