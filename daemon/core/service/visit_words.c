/*
 * visit_words.c - a visit in words: names of states, exceptions and evidence, and the API's
 * object.
 */
#include <stdio.h>

#include "core/service/visit.h"

const char *visit_state_name(uint32_t state)
{
    static const char *const name[] = {
        [VISIT_REQUESTED] = "requested",   [VISIT_PLANNED] = "planned",
        [VISIT_ASSIGNED] = "assigned",     [VISIT_DUE] = "due",
        [VISIT_IN_SERVICE] = "in_service", [VISIT_CHECKED_OUT] = "checked_out",
        [VISIT_VERIFIED] = "verified",     [VISIT_SETTLED] = "settled",
        [VISIT_MISSED] = "missed",         [VISIT_CANCELLED] = "cancelled"};
    if (state < VISIT_REQUESTED || state > VISIT_CANCELLED)
        return "unknown";
    return name[state];
}

uint32_t visit_state_of(struct cw_str name)
{
    for (uint32_t i = VISIT_REQUESTED; i <= VISIT_CANCELLED; i++)
        if (str_is(name, visit_state_name(i)))
            return i;
    return 0;
}

/* By bit. */
static const char *const exception_names[N_EXCEPTIONS] = {"late",
                                                          "missed",
                                                          "no_checkout",
                                                          "short",
                                                          "off_site",
                                                          "overlap",
                                                          "impossible_travel",
                                                          "duplicate",
                                                          "uncorroborated",
                                                          "not_at_home",
                                                          "copied",
                                                          "bulk"};
static const char *const evidence_names[N_EVIDENCES] = {
    "checkin",   "checkout", "tag",    "position", "landline",
    "confirmed", "door",     "motion", "feedback", "followup"};

/* As the API's objects name them. */
static const char *const moment_names[N_MOMENTS] = {
    "requested_at", "assessed_at",  "planned_at",  "assigned_at",
    "accepted_at",  "confirmed_at", "feedback_at", "followup_at"};

const char *visit_exception_name(uint32_t bit)
{
    return bit < N_EXCEPTIONS ? exception_names[bit] : NULL;
}

const char *visit_exceptions_text(uint32_t exceptions, char dst[MAX_EXCEPTIONS_TEXT])
{
    size_t n = 0;
    dst[0] = '\0';
    for (size_t i = 0; i < N_EXCEPTIONS; i++) {
        if (exceptions & (1u << i))
            n += (size_t)snprintf(dst + n, MAX_EXCEPTIONS_TEXT - n, "%s%s", n > 0 ? "|" : "",
                                  exception_names[i]);
    }
    return dst;
}

static void write_moments(struct json_out *out, const struct visit *visit, uint32_t from,
                          uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        json_member_time_opt(out, moment_names[i], visit->moment_ns[i]);
}

static void write_set(struct json_out *out, const char *key, uint32_t set,
                      const char *const *name, uint32_t n)
{
    json_key(out, key);
    json_array(out);
    for (uint32_t i = 0; i < n; i++)
        if (set & (1u << i))
            json_text(out, str_of(name[i]));
    json_array_end(out);
}

void visit_json_of(const char *site, const char *district, const struct visit *visit,
                   struct json_out *out)
{
    json_object(out);
    json_member_text(out, "visit", str_of(visit->id));
    json_member_text(out, "site", str_of(site));
    json_member_text(out, "district", str_of(district));
    json_member_opt(out, "service", str_of(visit->service));
    json_member_opt(out, "recipient", str_of(visit->recipient));
    json_member_opt(out, "worker", str_of(visit->worker));
    json_member_opt(out, "project", str_of(visit->project));
    json_member_text(out, "state", str_of(visit_state_name(visit->state)));
    write_set(out, "exceptions", visit->exceptions, exception_names, N_EXCEPTIONS);
    write_set(out, "standing", visit->standing, exception_names, N_EXCEPTIONS);
    json_member_bool(out, "verified", visit_is_verified(visit));
    write_set(out, "evidence", visit->evidence, evidence_names, N_EVIDENCES);
    json_member_time_opt(out, "start", visit->start_ns);
    json_member_time_opt(out, "end", visit->end_ns);
    write_moments(out, visit, 0, MOMENT_CONFIRMED);
    json_member_time_opt(out, "checkin_at", visit->checkin_ns);
    json_member_time_opt(out, "checkout_at", visit->checkout_ns);
    json_member_opt(out, "method", str_of(visit->method));
    if (visit->distance_m >= 0 && visit->checkin_ns)
        json_member_int(out, "distance_m", visit->distance_m);
    if (visit->score)
        json_member_int(out, "score", visit->score);
    if (visit->amount_fen)
        json_member_int(out, "amount_fen", visit->amount_fen);
    write_moments(out, visit, MOMENT_CONFIRMED, N_MOMENTS);
    json_member_time_opt(out, "settled_at", visit->settled_ns);
    json_member_time_opt(out, "changed_at", visit->changed_ns);
    json_object_end(out);
}

void visit_json(const struct registry *registry, const struct visit *visit,
                struct json_out *out)
{
    const struct site *site = registry->site[visit->site];
    visit_json_of(site->id, site->district, visit, out);
}
