/*
 * activity_peers.h - one worker in two places at once: in a session and on a visit of the same
 * site. Of the two the later one is the exception, as between two visits or two sessions. Part
 * of the fold; the lists are made anew when it is loaded.
 */
#ifndef CORE_SERVICE_ACTIVITY_PEERS_H
#define CORE_SERVICE_ACTIVITY_PEERS_H

#include <stdbool.h>
#include <stdint.h>

struct activity;
struct fold;
struct site;
struct visit;

/* Who holds it, or when, is another now; before it is forgotten. */
void activity_peers_link(struct site *site, struct activity *activity);
void activity_peers_unlink(struct site *site, struct activity *activity);
/* Its worker was on a visit that began before it, and not there to hold it. */
bool activity_has_visit(const struct fold *fold, const struct site *site,
                        const struct activity *activity);
/* Its worker held a session that began before the visit, or with it. */
bool visit_has_session(const struct fold *fold, const struct site *site,
                       const struct visit *visit);
/* A visit was made or changed; it is about to be forgotten. */
void activity_met_visit(struct fold *fold, struct site *site, const struct visit *visit);
void activity_lost_visit(const struct fold *fold, struct site *site, const struct visit *visit);

#endif
