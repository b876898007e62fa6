/*
 * roster_persons.h - the residents and staff of a roster: pseudonyms with what is known of
 * them, as entries of the book.
 */
#ifndef CORE_REGISTRY_ROSTER_PERSONS_H
#define CORE_REGISTRY_ROSTER_PERSONS_H

#include <carewatch/plugin.h>

struct fold;
struct site;

/* 0, or -EINVAL with err; changes nothing. */
int roster_persons_check(const struct fold *fold, const struct site *site,
                         const struct cw_doc *doc, struct cw_error *err);
/* Who is no longer named is discharged or has left. What was checked cannot fail. */
void roster_persons_apply(struct fold *fold, const struct site *site, const struct cw_doc *doc);

#endif
