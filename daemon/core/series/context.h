/*
 * context.h - what is so at a place at the moment, as far as rules ask for it in `unless`: the
 * resident is away, a carer is there, somebody works on the device, it is being charged. Part
 * of the fold.
 *
 *   resident.away (expected) ----- resident.back      a fact of the place: resident, bed,
 *   charging=1 ------------------- charging=0         device; or of the site
 *
 * A fact never lasts for ever: it ends by its event, at the time its event named, or after
 * what its kind may last at most (table in context.c). So a carer who forgot to sign off, or
 * a sensor that died while it was charging, silences nobody for long.
 *
 * An event is a fact of the resident or bed that it names, else of those of its device. In a
 * private home, and for rules of scope site, events that name nobody count for the whole
 * site.
 */
#ifndef CORE_SERIES_CONTEXT_H
#define CORE_SERIES_CONTEXT_H

#include "base/term.h"
#include "core/series/watch.h"

/* A value that is never followed by another says nothing any more after this. */
#define CONTEXT_METRIC_LASTS_NS (INT64_C(24) * 3600 * 1000000000)

struct fact {
    struct fact *next; /* in order of birth */
    struct term term;
    int64_t since_ns, until_ns; /* engine time; it holds before until_ns */
};

/* Whether an event of this type can be the term of an `unless`. */
bool context_event_known(struct cw_str type);
/* Marks the metrics that rules ask for; after the rules or the metrics have changed. */
void context_mark_metrics(struct fold *fold);
bool context_metric_named(const struct ruleset *rules, struct cw_str metric);
/* A value of a marked metric. */
void context_sample(struct fold *fold, const struct observed *observed, struct cw_str metric);
/* An event; doc is its document. */
void context_event(struct fold *fold, const struct observed *observed,
                   const struct cw_doc *doc);
/* The fact of a term at the place now, or NULL. */
const struct fact *context_fact(const struct keyed *place, const struct term *term,
                                int64_t now_ns);
/* Frees what is over at now_ns. */
void context_expire(struct keyed *place, int64_t now_ns);
void context_free(struct keyed *place);

void context_save(const struct fold *fold, struct saver *saver);
void context_load(struct fold *fold, struct loader *loader); /* loader->failed tells */

#endif
