/*
 * api_shapes.c - the tables: bodies, answers, and which route has which.
 */
#include "api/api_shapes.h"

#include <string.h>

#include "base/str.h"

#define V1 "/api/v1"

/* ---- bodies ---- */

#define NOTE                                                                      \
    {"note", MEMBER_TEXT, false, "words for the history, 500 bytes", NULL, NULL}, \
        {"reason", MEMBER_TEXT, false, "the same as note", NULL, NULL},           \
    {                                                                             \
        "comment", MEMBER_TEXT, false, "the same as note", NULL, NULL             \
    }
#define UNTIL                                                                   \
    {"until", MEMBER_TIME, false, "when it ends", NULL, NULL},                  \
    {                                                                           \
        "for", MEMBER_DURATION, false, "how long, instead of until", NULL, NULL \
    }
#define NO_MORE                                    \
    {                                              \
        NULL, MEMBER_TEXT, false, NULL, NULL, NULL \
    }

static const struct member note_member[] = {NOTE, NO_MORE};
static const struct member open_member[] = {
    {"site", MEMBER_ID, true, "where", NULL, NULL},
    {"resident", MEMBER_ID, false, "of whom: a pseudonym", NULL, NULL},
    {"bed", MEMBER_ID, false, "or of which bed or room", NULL, NULL},
    {"device", MEMBER_ID, false, "or of which device", NULL, NULL},
    {"kind", MEMBER_ID, false, "call: a telephone call for help; any other id", NULL, NULL},
    {"priority", MEMBER_TEXT, false, "high when left out", "high|medium|low", NULL},
    {"text", MEMBER_TEXTS, false, "what is told", NULL, NULL},
    {"drill", MEMBER_BOOL, false, "goes the whole way, marked as a drill", NULL, NULL},
    NOTE,
    NO_MORE,
};
static const struct member assign_member[] = {
    {"assignee", MEMBER_ID, true, "who is sent", NULL, NULL}, NOTE, NO_MORE};
static const struct member handover_member[] = {
    {"to", MEMBER_ID, true, "120, 119, 110 or another", NULL, NULL},
    {"answerer", MEMBER_ID, true, "who took the call there", NULL, NULL},
    NOTE,
    NO_MORE};
static const struct member shelve_member[] = {
    {"note", MEMBER_TEXT, true, "why", NULL, NULL}, UNTIL, NO_MORE};
static const struct member close_member[] = {
    {"cause", MEMBER_ID, true, "one of GET /api/v1/causes, or an id of your own", NULL, NULL},
    NOTE,
    NO_MORE};
static const struct member word_member[] = {
    {"note", MEMBER_TEXT, true, "the words", NULL, NULL}, NO_MORE};
static const struct member silence_member[] = {
    {"matchers", MEMBER_MATCHERS, true, "all of them have to match", NULL, NULL},
    {"from", MEMBER_TIME, false, "when it begins; now", NULL, NULL},
    UNTIL,
    NOTE,
    NO_MORE};
static const struct member maintain_member[] = {
    {"site", MEMBER_ID, true, "which site", NULL, NULL},
    {"device", MEMBER_ID, false, "which device; left out: the whole site", NULL, NULL},
    UNTIL,
    NOTE,
    NO_MORE};
static const struct member override_member[] = {
    {"person", MEMBER_ID, false, "who takes over; left out: nobody does", NULL, NULL},
    {"from", MEMBER_TIME, false, "when it begins; now", NULL, NULL},
    UNTIL,
    NOTE,
    NO_MORE};

static const struct member limit_member[] = {
    {"metric", MEMBER_ID, true, "hr, spo2, ...; news2: the score", NULL, NULL},
    {"low", MEMBER_REAL, false, "alarm below this, where a rule has a limit", NULL, NULL},
    {"high", MEMBER_REAL, false, "alarm above this; of news2: from this score on", NULL, NULL},
    {"spo2_scale", MEMBER_INT, false, "of news2: 2 for who is prescribed 88-92 %", NULL, NULL},
    {"note", MEMBER_TEXT, true, "who prescribed it, and why", NULL, NULL},
    UNTIL,
    NO_MORE};

static const struct member contact_member[] = {
    {"name", MEMBER_TEXT, false, "who it is", NULL, NULL},
    {"phone", MEMBER_TEXT, false, "for short messages and calls", NULL, NULL},
    {"email", MEMBER_TEXT, false, "for mails", NULL, NULL},
    NO_MORE};

static const struct shape note_body = {"Note", note_member};
static const struct shape open_body = {"AlarmByHand", open_member};
static const struct shape assign_body = {"Assign", assign_member};
static const struct shape handover_body = {"HandOver", handover_member};
static const struct shape shelve_body = {"Shelve", shelve_member};
static const struct shape close_body = {"Close", close_member};
static const struct shape word_body = {"Words", word_member};
static const struct shape silence_body = {"SilenceOrder", silence_member};
static const struct shape maintain_body = {"MaintenanceOrder", maintain_member};
static const struct shape limit_body = {"OwnLimit", limit_member};
static const struct shape override_body = {"Override", override_member};
static const struct shape contact_body = {"Contact", contact_member};

/* ---- answers ---- */

#define ID(name, must, help)                    \
    {                                           \
        name, MEMBER_ID, must, help, NULL, NULL \
    }
#define TIME(name, help)                           \
    {                                              \
        name, MEMBER_TIME, false, help, NULL, NULL \
    }
#define BOOL(name, help)                          \
    {                                             \
        name, MEMBER_BOOL, true, help, NULL, NULL \
    }
#define INT(name, help)                          \
    {                                            \
        name, MEMBER_INT, true, help, NULL, NULL \
    }

static const struct member delivery_member[] = {
    ID("channel", true, "name of the channel"),
    ID("to", true, "who was meant"),
    {"at", MEMBER_TIME, true, "when it was known", NULL, NULL},
    BOOL("ok", "it arrived"),
    NO_MORE,
};
static const struct shape delivery_shape = {"Delivery", delivery_member};
static const struct member handed_member[] = {
    ID("to", true, "120, 119, 110"),
    ID("answerer", true, "who took the call there"),
    {"at", MEMBER_TIME, true, "when", NULL, NULL},
    NO_MORE,
};
static const struct shape handed_shape = {"HandedOver", handed_member};

static const struct member alarm_member[] = {
    ID("id", true, "the same for every revision"),
    INT("rev", "its number of steps; for If-Match"),
    {"priority", MEMBER_TEXT, true, "how urgent", "high|medium|low", NULL},
    {"state", MEMBER_TEXT, true, "what is to be done with it",
     "unack|acked|rtn_unack|shelved|suppressed|out_of_service|closed", NULL},
    BOOL("active", "what raised it is still so"),
    BOOL("historical", "for the record: nobody was told"),
    BOOL("drill", "an exercise: show it as one"),
    BOOL("delayed", "it happened earlier"),
    BOOL("vital", "a call, smoke, gas, a fall: never shelved, muted or folded"),
    ID("rule", true, "which rule"),
    ID("kind", true, "what kind"),
    ID("risk", false, "code of GB 38600"),
    {"category", MEMBER_TEXT, true, "of what",
     "physiological|technical|safety|service|compliance", NULL},
    ID("site", true, "where"),
    ID("district", true, "of the site"),
    ID("device", false, "of which device"),
    {"metric", MEMBER_TEXT, false, "of which of its metrics", NULL, NULL},
    ID("resident", false, "of whom: a pseudonym"),
    ID("bed", false, "of which bed or room"),
    ID("incident", true, "what it belongs to: the id of the first alarm"),
    BOOL("first_out", "the first of its incident"),
    BOOL("folded", "shown under another of its incident, not told by itself"),
    {"value", MEMBER_REAL, false, "what was measured", NULL, NULL},
    {"limit", MEMBER_REAL, false, "and against what", NULL, NULL},
    {"withheld", MEMBER_TEXT, false, "why neither is shown: consent to this kind is missing",
     "vitals|bed|room|location", NULL},
    {"raised_at", MEMBER_TIME, true, "when", NULL, NULL},
    TIME("device_at", "when the device says it happened"),
    TIME("cleared_at", "when it was over"),
    TIME("acked_at", "when it was acknowledged"),
    ID("acked_by", false, "by whom"),
    TIME("closed_at", "when it was closed"),
    TIME("told_at", "when the first channel had it"),
    TIME("answered_at", "when a person first acted"),
    TIME("assigned_at", "when somebody was sent"),
    TIME("arrived_at", "when somebody was there"),
    TIME("due", "until when the next answer is owed"),
    {"changed_at", MEMBER_TIME, true, "its last change", NULL, NULL},
    ID("changed_by", false, "who took its last step; left out: the daemon"),
    ID("owner", false, "who was sent"),
    INT("escalation", "steps taken"),
    ID("chain", false, "which escalation it follows"),
    TIME("escalates_at", "when the next step is taken"),
    TIME("ack_until", "when the acknowledgement is forgotten"),
    ID("shelved_by", false, "who put it aside"),
    TIME("shelved_until", "until when"),
    {"handover", MEMBER_OBJECT, false, "to whom it was handed over", NULL, &handed_shape},
    ID("closed_by", false, "who closed it"),
    ID("cause", false, "what it was"),
    INT("count", "how often it was raised"),
    {"text", MEMBER_TEXTS, true, "what happened", NULL, NULL},
    {"action", MEMBER_TEXTS, false, "what to do", NULL, NULL},
    {"notified", MEMBER_LIST, true, "the last deliveries", NULL, &delivery_shape},
    NO_MORE,
};
static const struct shape alarm_shape = {"Alarm", alarm_member};

static const struct member duty_contact_member[] = {
    ID("person", true, "as the rosters name it"),
    {"contact", MEMBER_OBJECT, true, "what is known", NULL, &contact_body},
    NO_MORE,
};
static const struct shape duty_contact_shape = {"DutyContact", duty_contact_member};

static const struct member cause_member[] = {
    INT("key", "its digit"),
    ID("cause", true, "for close"),
    {"text", MEMBER_TEXTS, true, "what it is called", NULL, NULL},
    BOOL("needs_note", "a page should ask for words, too"),
    NO_MORE,
};
static const struct shape cause_shape = {"Cause", cause_member};

static const struct member own_limit_member[] = {
    ID("site", true, "whose resident"),
    ID("resident", true, "of whom: a pseudonym"),
    ID("metric", true, "hr, spo2, ...; news2: the score"),
    {"low", MEMBER_REAL, false, "alarm below this", NULL, NULL},
    {"high", MEMBER_REAL, false, "alarm above this; of news2: from this score on", NULL, NULL},
    {"spo2_scale", MEMBER_INT, false, "of news2", NULL, NULL},
    ID("by", true, "who set it"),
    {"note", MEMBER_TEXT, true, "who prescribed it, and why", NULL, NULL},
    {"since", MEMBER_TIME, true, "since when", NULL, NULL},
    TIME("until", "when it ends; left out: when it is taken back"),
    NO_MORE,
};
static const struct shape own_limit_shape = {"LimitInForce", own_limit_member};

static const struct member seat_member[] = {
    ID("by", true, "who asks"),
    INT("answered", "of the alarms of the last ten minutes, those it acknowledged"),
    INT("open", "what it acknowledged, and is not closed"),
    INT("sent", "of these, to which somebody is on the way"),
    NO_MORE,
};
static const struct shape seat_shape = {"Seat", seat_member};
static const struct member places_member[] = {
    INT("total", "all that the caller may see"),
    INT("online", "heard, and neither silent nor mute since"),
    NO_MORE,
};
static const struct shape places_shape = {"Places", places_member};
static const struct member today_member[] = {
    ID("day", true, "the local one, which these figures are of"),
    INT("high", "alarms that came, as they were raised; no drills, nothing late"),
    INT("medium", "the same"),
    INT("low", "the same"),
    INT("closed", "alarms that were closed, whenever they came"),
    INT("visits", "planned for the day, or begun without a plan; without the cancelled"),
    INT("done", "of these: checked in and out"),
    INT("late", "of these: late now, or begun too late"),
    INT("missed", "of these: nobody came"),
    NO_MORE,
};
static const struct shape today_shape = {"Today", today_member};
static const struct member load_member[] = {
    {"at", MEMBER_TIME, true, "of these figures", NULL, NULL},
    INT("operators", "dispatchers at work, by configuration"),
    INT("presented", "alarms that asked for somebody in the last ten minutes"),
    {"per_operator", MEMBER_REAL, true, "for each of them", NULL, NULL},
    BOOL("flood", "more than people can follow"),
    TIME("flood_since", "since when"),
    INT("floods", "ever"),
    INT("flood_begins", "at so many for each"),
    INT("flood_ends", "below so many"),
    INT("high", "open"),
    INT("medium", "open"),
    INT("low", "open"),
    INT("unacked", "nobody has answered"),
    INT("due_soon", "80 % of the time for an answer has passed"),
    INT("overdue", "all of it"),
    INT("stale", "active for more than a day"),
    INT("shelved", "put aside by a person"),
    INT("aside", "all that is put aside"),
    INT("drills", "open exercises, in no other of these numbers"),
    {"institutions", MEMBER_OBJECT, true, "care institutions", NULL, &places_shape},
    {"stations", MEMBER_OBJECT, true, "service stations", NULL, &places_shape},
    {"today", MEMBER_OBJECT, true, "the figures of the local day", NULL, &today_shape},
    {"seat", MEMBER_OBJECT, true, "the asking seat's own", NULL, &seat_shape},
    NO_MORE,
};
static const struct shape load_shape = {"Load", load_member};

static const struct member visit_member[] = {
    ID("visit", true, "unique within its site"),
    ID("site", true, "who serves"),
    ID("district", true, "of the site"),
    ID("service", false, "what is done"),
    ID("recipient", false, "for whom: a pseudonym"),
    ID("worker", false, "by whom: a pseudonym"),
    ID("project", false, "for which contract"),
    {"state", MEMBER_TEXT, true, "how far it is",
     "requested|planned|assigned|due|in_service|checked_out|verified|settled|missed|cancelled",
     NULL},
    {"exceptions", MEMBER_WORDS, true, "what was ever wrong with it", NULL, NULL},
    {"standing", MEMBER_WORDS, true, "what still is", NULL, NULL},
    BOOL("verified", "it took place, and what speaks for that is enough"),
    {"evidence", MEMBER_WORDS, true, "what speaks for it", NULL, NULL},
    TIME("start", "when it is to begin"),
    TIME("end", "when it is to end"),
    TIME("checkin_at", "when it began, as the device says"),
    TIME("checkout_at", "when it ended, the same"),
    {"method", MEMBER_TEXT, false, "how the worker signed in", NULL, NULL},
    {"distance_m", MEMBER_INT, false, "from the place, at check-in", NULL, NULL},
    {"score", MEMBER_INT, false, "by the recipient, 1 to 5", NULL, NULL},
    {"amount_fen", MEMBER_INT, false, "settled", NULL, NULL},
    TIME("requested_at", "when it was asked for; like those below, as was said, the last time"),
    TIME("assessed_at", "when the need was assessed"),
    TIME("planned_at", "when it was planned, or moved"),
    TIME("assigned_at", "when it was given to a worker"),
    TIME("accepted_at", "when the worker accepted"),
    TIME("confirmed_at", "when the recipient confirmed"),
    TIME("feedback_at", "when the recipient's channel gave its score"),
    TIME("followup_at", "when the recipient was asked afterwards"),
    TIME("settled_at", "when it was settled"),
    TIME("changed_at", "its last change"),
    NO_MORE,
};
static const struct shape visit_shape = {"Visit", visit_member};

static const struct member problem_member[] = {
    {"type", MEMBER_TEXT, true, "RFC 9457", NULL, NULL},
    {"title", MEMBER_TEXT, true, "the status in words", NULL, NULL},
    INT("status", "of the answer"),
    {"detail", MEMBER_TEXT, true,
     "a whole sentence; for 409 and 412 with the state and who changed it", NULL, NULL},
    NO_MORE,
};
const struct shape problem_shape = {"Problem", problem_member};

/* ---- routes ---- */

#define ORDER(name, body)                                                   \
    {                                                                       \
        "POST", V1 "/alarms/{id}/" name, &(body), &alarm_shape, false, true \
    }

const struct route_shape route_shapes[] = {
    {"GET", V1 "/alarms", NULL, &alarm_shape, true, false},
    {"GET", V1 "/alarms/{id}", NULL, &alarm_shape, false, false},
    {"POST", V1 "/alarms", &open_body, &alarm_shape, false, false},
    ORDER("ack", note_body),
    ORDER("escalate", note_body),
    ORDER("assign", assign_body),
    ORDER("arrive", note_body),
    ORDER("handover", handover_body),
    ORDER("shelve", shelve_body),
    ORDER("unshelve", note_body),
    ORDER("close", close_body),
    ORDER("note", word_body),
    {"POST", V1 "/silences", &silence_body, NULL, false, false},
    {"POST", V1 "/maintenance", &maintain_body, NULL, false, false},
    {"POST", V1 "/rosters/{id}/override", &override_body, NULL, false, false},
    {"GET", V1 "/duty/{id}/contact", NULL, &duty_contact_shape, false, false},
    {"PUT", V1 "/duty/{id}/contact", &contact_body, NULL, false, false},
    {"GET", V1 "/residents/{id}/limits", NULL, &own_limit_shape, true, false},
    {"POST", V1 "/residents/{id}/limits", &limit_body, NULL, false, false},
    {"GET", V1 "/causes", NULL, &cause_shape, true, false},
    {"GET", V1 "/load", NULL, &load_shape, false, false},
    {"GET", V1 "/visits", NULL, &visit_shape, true, false},
    {"GET", V1 "/sites/{id}/visits", NULL, &visit_shape, true, false},
    {NULL, NULL, NULL, NULL, false, false},
};

const struct shape shapes[] = {
    {"Alarm", alarm_member},
    {"AlarmByHand", open_member},
    {"Assign", assign_member},
    {"Cause", cause_member},
    {"Close", close_member},
    {"Contact", contact_member},
    {"Delivery", delivery_member},
    {"DutyContact", duty_contact_member},
    {"HandOver", handover_member},
    {"HandedOver", handed_member},
    {"LimitInForce", own_limit_member},
    {"Load", load_member},
    {"MaintenanceOrder", maintain_member},
    {"Note", note_member},
    {"Override", override_member},
    {"OwnLimit", limit_member},
    {"Places", places_member},
    {"Problem", problem_member},
    {"Seat", seat_member},
    {"Shelve", shelve_member},
    {"SilenceOrder", silence_member},
    {"Today", today_member},
    {"Visit", visit_member},
    {"Words", word_member},
    {NULL, NULL},
};

const struct route_shape *route_shape_find(const char *method, const char *pattern)
{
    for (const struct route_shape *r = route_shapes; r->method; r++) {
        if (strcmp(r->method, method) == 0 && strcmp(r->pattern, pattern) == 0)
            return r;
    }
    return NULL;
}

static const struct member *member_find(const struct route_shape *route, const char *name)
{
    const struct member *m = route && route->body ? route->body->member : NULL;
    while (m && m->name && strcmp(m->name, name) != 0)
        m++;
    return m && m->name ? m : NULL;
}

const struct member *body_member_find(const struct route_shape *route, const char *name)
{
    const struct member *found = member_find(route, name);
    for (const struct route_shape *r = route_shapes; !found && r->method; r++)
        found = member_find(r, name);
    return found;
}
