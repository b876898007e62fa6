/*
 * supervision_private.h - between supervision.c (devices) and supervision_site.c (sites).
 */
#ifndef CORE_SERIES_SUPERVISION_PRIVATE_H
#define CORE_SERIES_SUPERVISION_PRIVATE_H

#include "core/series/supervision.h"

/* Judges whether the site is out and begins or ends its outage. O(1) when it stays as it
 * is. */
void site_judge(struct fold *fold, struct site *site);
/* Something of it was heard while it was not online. */
void site_back(struct fold *fold, struct site *site);
/* Arms its timer for its next deadline. */
void site_arm(struct fold *fold, struct site *site);
/* A gateway fell silent. By its last will it is doubted for a while; otherwise devices heard
 * within margin_ns speak for the site. */
void site_lost_gateway(struct fold *fold, struct site *site, bool goodbye, int64_t margin_ns);
/* Whether an outage is one alarm (rule.fold_site). */
bool site_folds(const struct fold *fold);
/* The device's active alarm of the condition, or NULL. */
struct alarm *device_alarm(const struct fold *fold, const struct site *site,
                           const struct device *device, const char *condition);

#endif
