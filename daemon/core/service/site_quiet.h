/*
 * site_quiet.h - a station or base that serves nobody any more: no session and no visit for a
 * configured time. It is told in its opening hours. Part of the fold.
 */
#ifndef CORE_SERVICE_SITE_QUIET_H
#define CORE_SERVICE_SITE_QUIET_H

struct fold;
struct site;

/* It held a session or made a visit; also when it was registered, for the first time to wait
 * for. */
void site_served(struct fold *fold, struct site *site);
/* It was registered, the rules are others, or a day is over: what is a station or base now is
 * waited for. */
void site_quiet_look(struct fold *fold, struct site *site);
/* A TIMER_QUIET of the site fired. */
void site_quiet_due(struct fold *fold, struct site *site);

#endif
