/*
 * entry_kinds.c - every kind of entry there is, of the registry and of supervision. A new one
 * is a row here.
 */
#include "core/oversight/credit.h"
#include "core/oversight/inspection.h"
#include "core/oversight/ledger.h"
#include "core/oversight/partner_feed.h"
#include "core/registry/book.h"

static const struct entry_kind *const kinds[] = {
    &kind_areas,   &kind_organisations, &kind_sites,      &kind_residents,    &kind_staff,
    &kind_beds,    &kind_tenancies,     &kind_projects,   &kind_inspections,  &kind_evaluations,
    &kind_duties,  &kind_credit,        &kind_complaints, &kind_publications, &kind_campaigns,
    &kind_conduct, &kind_feeds,
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

const struct entry_kind *entry_kind_at(uint32_t i)
{
    return i < N_KINDS ? kinds[i] : NULL;
}

const struct entry_kind *entry_kind_of(struct cw_str name)
{
    for (uint32_t i = 0; i < N_KINDS; i++)
        if (str_is(name, kinds[i]->name))
            return kinds[i];
    return NULL;
}
