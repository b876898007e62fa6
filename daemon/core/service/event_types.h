/*
 * event_types.h - what may be said, by whom, and with which members: the contract's table of
 * events as a table.
 */
#ifndef CORE_SERVICE_EVENT_TYPES_H
#define CORE_SERVICE_EVENT_TYPES_H

#include "core/service/visit.h"

/* An event on its way in: read, authorised, not yet applied. */
struct event {
    struct fold *fold;
    struct site *site; /* whose state it is about; the sender's unless another is named */
    const struct site *sender;
    const struct cw_doc *doc;
    const struct cw_node *root;
    int64_t at_ns; /* ts as the device says, never after arrival; arrival when it says none */
    struct cw_error *err;
    /* What it changes, and how that was before; NULL: no visit. */
    struct visit *visit, before;
    int why; /* of a refused step, for a person who waits for it: errno, negative; 0 plain */
};

enum member_kind { MEMBER_ID = 1, MEMBER_TEXT, MEMBER_TIME, MEMBER_COUNT };

struct event_member {
    const char *name; /* NULL ends the list */
    enum member_kind kind;
};

#define MAX_REQUIRED 3

struct event_type {
    const char *name;
    uint32_t from; /* set of 1 << enum site_kind */
    struct event_member required[MAX_REQUIRED];
    /* CW_ACCEPTED and applied, or refused with err and nothing changed. NULL: rules hear it. */
    enum cw_refusal (*apply)(struct event *event);
};

/* The row of a type, or NULL; *row is its number. */
const struct event_type *event_type_find(struct cw_str name, uint32_t *row);
/* Who says so, "by" or the sender, and why; for the trail. visit_trail.c */
void event_author(const struct event *event, struct cw_str *by, struct cw_str *reason);
/* By number; NULL behind the last. */
const struct event_type *event_type_at(uint32_t row);
/* service.c: the time and the members that a type must have. */
enum cw_refusal event_read_members(struct event *event, const struct event_type *type);

/* visit_events.c */
enum cw_refusal visit_requested(struct event *event);
enum cw_refusal visit_assessed(struct event *event);
enum cw_refusal visit_planned(struct event *event);
enum cw_refusal visit_assigned(struct event *event);
enum cw_refusal visit_accepted(struct event *event);
enum cw_refusal visit_refused(struct event *event);
enum cw_refusal visit_checkin(struct event *event);
enum cw_refusal visit_checkout(struct event *event);
enum cw_refusal visit_cancelled(struct event *event);
enum cw_refusal visit_not_at_home(struct event *event);
enum cw_refusal visit_confirmed(struct event *event);
enum cw_refusal visit_feedback(struct event *event);
enum cw_refusal visit_followup(struct event *event);
enum cw_refusal visit_settled(struct event *event);
/* visit.c: puts a visit with its number and id into the tables (also when loading). */
void visit_link(struct service *service, struct site *site, struct visit *visit);
/* maintenance.c */
enum cw_refusal maintenance_begin(struct event *event);
enum cw_refusal maintenance_end(struct event *event);
/* core/oversight/ledger.c: the steps of a case. */
enum cw_refusal ledger_event(struct event *event);
/* occupancy.c */
enum cw_refusal occupancy_changed(struct event *event);
/* resident.c */
enum cw_refusal resident_event(struct event *event);
/* activity.c */
enum cw_refusal activity_held(struct event *event);
enum cw_refusal activity_planned(struct event *event);
enum cw_refusal activity_cancelled(struct event *event);

#endif
