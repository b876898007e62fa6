/*
 * topic.h - care/v1/{site}/{device}/{kind}: the one place that reads a topic. Pure.
 */
#ifndef CORE_INGEST_TOPIC_H
#define CORE_INGEST_TOPIC_H

#include <stdbool.h>

#include <carewatch/plugin.h>

enum topic_kind { TOPIC_TELEMETRY = 1, TOPIC_EVENT, TOPIC_STATUS, TOPIC_ROSTER };

struct topic {
    struct cw_str site, device; /* borrowed from the topic's bytes; valid ids */
    enum topic_kind kind;
};

/* CW_ACCEPTED, CW_REFUSED_TOPIC or CW_REFUSED_KIND; in the last case site and device are
 * set. Bounded time for any input; never recursive. */
enum cw_refusal topic_parse(struct cw_str bytes, struct topic *topic);
/* Whose care/v1/{site}/... it is, whatever follows; false: it names no site. */
bool topic_site(struct cw_str bytes, struct cw_str *site);
/* MQTT 5 section 4.7: does a topic match a filter with + and #? */
int topic_matches(struct cw_str filter, struct cw_str topic);

#endif
