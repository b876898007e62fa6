/*
 * event_types.c - the contract's table of events. Who may say what is decided here and
 * nowhere else: a judged body never writes its own verdict.
 */
#include "core/service/event_types.h"

#define KIND(kind) (1u << (kind))
#define PROVIDER                                                                           \
    (KIND(SITE_PROVIDER) | KIND(SITE_INSTITUTION) | KIND(SITE_HOME) | KIND(SITE_STATION) | \
     KIND(SITE_BASE))
#define DEPARTMENT KIND(SITE_DEPARTMENT)
#define ORGANISATION KIND(SITE_ORGANISATION)
#define RECIPIENT (KIND(SITE_HOME) | KIND(SITE_DISPATCH) | KIND(SITE_DEPARTMENT))
#define HOLDER (KIND(SITE_STATION) | KIND(SITE_BASE) | KIND(SITE_ORGANISATION))
#define INSPECTED (PROVIDER | ORGANISATION)
#define ANYBODY (PROVIDER | DEPARTMENT | ORGANISATION | KIND(SITE_DISPATCH))

static const struct event_type type[] = {
    {"call.pressed", PROVIDER, {{0}}, NULL},
    {"call.answered", PROVIDER, {{0}}, NULL},
    {"call.cancelled", PROVIDER, {{0}}, NULL},
    {"visit.requested", PROVIDER | DEPARTMENT, {{"visit", MEMBER_ID}}, visit_requested},
    {"visit.assessed", PROVIDER | DEPARTMENT, {{"visit", MEMBER_ID}}, visit_assessed},
    {"visit.planned",
     PROVIDER | DEPARTMENT,
     {{"visit", MEMBER_ID}, {"start", MEMBER_TIME}, {"end", MEMBER_TIME}},
     visit_planned},
    {"visit.assigned", PROVIDER | DEPARTMENT, {{"visit", MEMBER_ID}}, visit_assigned},
    {"visit.accepted", PROVIDER | DEPARTMENT, {{"visit", MEMBER_ID}}, visit_accepted},
    {"visit.refused", PROVIDER | DEPARTMENT, {{"visit", MEMBER_ID}}, visit_refused},
    {"visit.rescheduled",
     PROVIDER | DEPARTMENT,
     {{"visit", MEMBER_ID}, {"start", MEMBER_TIME}, {"end", MEMBER_TIME}},
     visit_planned},
    {"visit.cancelled", PROVIDER | DEPARTMENT, {{"visit", MEMBER_ID}}, visit_cancelled},
    {"visit.checkin", PROVIDER, {{"visit", MEMBER_ID}}, visit_checkin},
    {"visit.checkout", PROVIDER, {{"visit", MEMBER_ID}}, visit_checkout},
    {"visit.confirmed", PROVIDER, {{"visit", MEMBER_ID}}, visit_confirmed},
    {"visit.not_at_home", PROVIDER, {{"visit", MEMBER_ID}}, visit_not_at_home},
    {"visit.feedback",
     RECIPIENT,
     {{"visit", MEMBER_ID}, {"score", MEMBER_COUNT}},
     visit_feedback},
    {"visit.followup", RECIPIENT, {{"visit", MEMBER_ID}}, visit_followup},
    {"visit.settled",
     DEPARTMENT,
     {{"visit", MEMBER_ID}, {"amount_fen", MEMBER_COUNT}},
     visit_settled},
    {"activity.held",
     HOLDER,
     {{"activity", MEMBER_ID}, {"category", MEMBER_TEXT}, {"persons", MEMBER_COUNT}},
     activity_held},
    {"activity.planned",
     HOLDER,
     {{"activity", MEMBER_ID}, {"category", MEMBER_TEXT}},
     activity_planned},
    {"activity.cancelled", HOLDER, {{"activity", MEMBER_ID}}, activity_cancelled},
    {"patrol.done", PROVIDER, {{0}}, NULL},
    {"handover.done", PROVIDER, {{0}}, NULL},
    {"drill.done", PROVIDER, {{0}}, NULL},
    {"incident.reported", PROVIDER, {{"kind", MEMBER_TEXT}}, NULL},
    {"staff.present", PROVIDER, {{"role", MEMBER_TEXT}, {"count", MEMBER_COUNT}}, NULL},
    {"occupancy.changed",
     PROVIDER,
     {{"beds", MEMBER_COUNT}, {"occupied", MEMBER_COUNT}},
     occupancy_changed},
    {"resident.admitted", PROVIDER, {{"resident", MEMBER_ID}}, resident_event},
    {"resident.assessed", PROVIDER, {{"resident", MEMBER_ID}}, resident_event},
    {"resident.discharged", PROVIDER, {{"resident", MEMBER_ID}}, resident_event},
    {"resident.transferred", PROVIDER, {{"resident", MEMBER_ID}}, resident_event},
    {"resident.away", PROVIDER, {{"resident", MEMBER_ID}}, resident_event},
    {"resident.back", PROVIDER, {{"resident", MEMBER_ID}}, resident_event},
    {"maintenance.begin", PROVIDER, {{"until", MEMBER_TIME}}, maintenance_begin},
    {"maintenance.end", PROVIDER, {{0}}, maintenance_end},
    {"inspection.planned",
     DEPARTMENT,
     {{"inspection", MEMBER_ID}, {"org", MEMBER_ID}},
     ledger_event},
    {"inspection.finding", DEPARTMENT, {{"inspection", MEMBER_ID}}, ledger_event},
    {"inspection.passed", DEPARTMENT, {{"inspection", MEMBER_ID}}, ledger_event},
    {"inspection.failed", DEPARTMENT, {{"inspection", MEMBER_ID}}, ledger_event},
    {"inspection.rectified", INSPECTED, {{"inspection", MEMBER_ID}}, ledger_event},
    {"inspection.reply", INSPECTED, {{"inspection", MEMBER_ID}}, ledger_event},
    {"inspection.dismissed", DEPARTMENT, {{"inspection", MEMBER_ID}}, ledger_event},
    {"inspection.archived", DEPARTMENT, {{"inspection", MEMBER_ID}}, ledger_event},
    {"campaign.planned", DEPARTMENT, {{"campaign", MEMBER_ID}}, ledger_event},
    {"campaign.drawn", DEPARTMENT, {{"campaign", MEMBER_ID}}, ledger_event},
    {"campaign.closed", DEPARTMENT, {{"campaign", MEMBER_ID}}, ledger_event},
    {"evaluation.scored",
     DEPARTMENT,
     {{"org", MEMBER_ID}, {"scheme", MEMBER_ID}},
     ledger_event},
    {"duty.filed", ORGANISATION, {{"org", MEMBER_ID}, {"duty", MEMBER_ID}}, ledger_event},
    {"duty.result", DEPARTMENT, {{"org", MEMBER_ID}, {"duty", MEMBER_ID}}, ledger_event},
    {"duty.waived", DEPARTMENT, {{"org", MEMBER_ID}, {"duty", MEMBER_ID}}, ledger_event},
    {"credit.penalty", DEPARTMENT, {{"org", MEMBER_ID}}, ledger_event},
    {"credit.listed", DEPARTMENT, {{"org", MEMBER_ID}, {"list", MEMBER_ID}}, ledger_event},
    {"credit.removed", DEPARTMENT, {{"org", MEMBER_ID}, {"list", MEMBER_ID}}, ledger_event},
    {"credit.received", DEPARTMENT, {{"org", MEMBER_ID}}, ledger_event},
    {"credit.objection", ORGANISATION, {{"org", MEMBER_ID}}, ledger_event},
    {"credit.repair_requested", ORGANISATION, {{"org", MEMBER_ID}}, ledger_event},
    {"project.contract",
     DEPARTMENT,
     {{"project", MEMBER_ID}, {"org", MEMBER_ID}},
     ledger_event},
    {"project.accepted", DEPARTMENT, {{"project", MEMBER_ID}}, ledger_event},
    {"project.evaluated", DEPARTMENT, {{"project", MEMBER_ID}}, ledger_event},
    {"project.payment",
     DEPARTMENT,
     {{"project", MEMBER_ID}, {"amount_fen", MEMBER_COUNT}},
     ledger_event},
    {"project.milestone", HOLDER, {{"project", MEMBER_ID}}, ledger_event},
    {"project.claim", HOLDER, {{"project", MEMBER_ID}}, ledger_event},
    {"complaint.filed", ANYBODY, {{"complaint", MEMBER_ID}}, ledger_event},
    {"complaint.replied", INSPECTED | DEPARTMENT, {{"complaint", MEMBER_ID}}, ledger_event},
    {"complaint.closed", DEPARTMENT, {{"complaint", MEMBER_ID}}, ledger_event},
};

#define N_TYPES (sizeof(type) / sizeof(type[0]))
_Static_assert(N_TYPES <= MAX_EVENT_TYPES, "struct service counts by type");

const struct event_type *event_type_at(uint32_t row)
{
    return row < N_TYPES ? &type[row] : NULL;
}

const struct event_type *event_type_find(struct cw_str name, uint32_t *row)
{
    for (uint32_t i = 0; i < N_TYPES; i++) {
        if (name.n && name.p[0] == type[i].name[0] && str_is(name, type[i].name)) {
            *row = i;
            return &type[i];
        }
    }
    return NULL;
}
