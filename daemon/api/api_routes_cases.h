/*
 * api_routes_cases.h - the part of the table of routes (api_routes.c, and nobody else) by which
 * people say the steps of cases (api_cases.c).
 */
#ifndef API_ROUTES_CASES_H
#define API_ROUTES_CASES_H

/* The department's people, each within the own area; those who are judged, and who records
 * what came from them on paper. */
#define ROLES_CASE (ROLE_SUPERVISOR | ROLE_ADMIN | ROLE_DISTRICT)
#define ROLES_INSPECT (ROLES_CASE | ROLE_INSPECTOR)
/* Who is drawn is not shown to those who may be. */
#define ROLES_DRAW (ROLES_STAFF | ROLE_INSPECTOR | ROLE_DISTRICT)
#define ROLES_JUDGED (ROLE_FACILITY | ROLE_SUPERVISOR | ROLE_ADMIN | ROUTE_OF_THE_JUDGED)

#define STEP(of, step, roles, summary)                                      \
    {                                                                       \
        "POST", API "/" of "/{id}/" step, roles, none, summary, handle_case \
    }

static const struct parameter feed_parameters[] = {
    {.name = "after",
     .type = PARAMETER_INT,
     .min = 0,
     .max = INT64_MAX,
     .help = "number of the last line that was read"},
    {.name = "limit", .type = PARAMETER_INT, .min = 1, .max = 50, .help = "most lines (50)"},
    END,
};

#define CASE_ROUTES                                                                            \
    {"PUT",                                                                                    \
     API "/attachments/{id}",                                                                  \
     ROLES_INSPECT | ROLE_FACILITY,                                                            \
     none,                                                                                     \
     "A photo (JPEG, PNG, WebP) under the SHA-256 of its bytes; name it in `attachments` of "  \
     "a finding",                                                                              \
     handle_attachment_put},                                                                   \
        {"GET",                                                                                \
         API "/attachments/{id}",                                                              \
         ROLES_READ,                                                                           \
         none,                                                                                 \
         "The photo, for who may see a case that names it",                                    \
         handle_attachment},                                                                   \
        {"GET",                                                                                \
         "/public/v1/credit/feed",                                                             \
         ROLES_ALL,                                                                            \
         feed_parameters,                                                                      \
         "What was published of lists: numbered lines, each signed",                           \
         handle_feed},                                                                         \
        {"GET",                                                                                \
         "/public/v1/credit/key",                                                              \
         ROLES_ALL,                                                                            \
         none,                                                                                 \
         "The key with which the feed is signed",                                              \
         handle_feed_key},                                                                     \
        {"POST",                                                                               \
         API "/partners/{id}/received",                                                        \
         ROLE_SUPERVISOR | ROLE_ADMIN,                                                         \
         none,                                                                                 \
         "A page of another's feed: what it says is shown as its word",                        \
         handle_received},                                                                     \
        {"POST",                                                                               \
         API "/credit/{id}/repaired",                                                          \
         ROLE_SUPERVISOR,                                                                      \
         none,                                                                                 \
         "Another person grants the repair: it no longer counts",                              \
         handle_credit_decide},                                                                \
        {"POST",                                                                               \
         API "/credit/{id}/repair_refused",                                                    \
         ROLE_SUPERVISOR,                                                                      \
         none,                                                                                 \
         "... or refuses it",                                                                  \
         handle_credit_decide},                                                                \
        STEP(                                                                                  \
            "inspections", "planned", ROLES_INSPECT,                                           \
            "Plans one: org or site, domain, inspectors (two), campaign, date; the id is the " \
            "client's"),                                                                       \
        STEP("inspections", "finding", ROLES_INSPECT,                                          \
             "A finding: text, clause, severity, due, evidence; the id is the client's"),      \
        STEP("inspections", "passed", ROLES_INSPECT, "Looked at again: it is right"),          \
        STEP("inspections", "failed", ROLES_INSPECT, "Looked at again: it is not"),            \
        STEP("inspections", "rectified", ROLES_JUDGED,                                         \
             "The inspected says that it is put right: evidence; a claim"),                    \
        STEP("inspections", "reply", ROLES_JUDGED, "The inspected answers: text"),             \
        STEP("inspections", "dismissed", ROLES_INSPECT,                                        \
             "What was proposed is nothing: reason"),                                          \
        STEP("inspections", "archived", ROLES_INSPECT, "It is over: into the archive"),        \
        {"GET",                                                                                \
         API "/campaigns",                                                                     \
         ROLES_DRAW,                                                                           \
         entries_parameters,                                                                   \
         "Rounds of inspection",                                                               \
         handle_entries},                                                                      \
        {"GET",                                                                                \
         API "/campaigns/{id}",                                                                \
         ROLES_DRAW,                                                                           \
         none,                                                                                 \
         "One round: seed and candidates of its draw, who was drawn",                          \
         handle_entry},                                                                        \
        {"GET",                                                                                \
         API "/campaigns/{id}/history",                                                        \
         ROLES_DRAW,                                                                           \
         list_parameters,                                                                      \
         "Every step of it",                                                                   \
         handle_history},                                                                      \
        STEP("campaigns", "planned", ROLES_CASE,                                               \
             "Plans a round: title, domain, of (organisation, site), types, district, count, " \
             "pool of inspectors, recused, from, until"),                                      \
        STEP("campaigns", "drawn", ROLES_CASE,                                                 \
             "Draws whom it concerns and two inspectors for each, by the journal's own "       \
             "number; plans the inspections"),                                                 \
        STEP("campaigns", "closed", ROLES_CASE, "The round is over"),                          \
        STEP("evaluations", "scored", ROLES_CASE,                                              \
             "Scores: org, scheme, sections, panel, published, evidence"),                     \
        STEP("duties", "filed", ROLES_JUDGED, "What was due is filed: evidence"),              \
        STEP("duties", "result", ROLES_CASE,                                                   \
             "The department's result: passed, basically_passed, exempt or failed"),           \
        STEP("duties", "waived", ROLES_CASE, "Excused from it: reason"),                       \
        STEP("projects", "claim", ROLES_JUDGED,                                                \
             "What was done for a period is claimed: period, persons, amount_fen"),            \
        STEP("credit", "objection", ROLES_JUDGED,                                              \
             "Who is listed, or was given notice, objects: text, evidence"),                   \
        STEP("credit", "repair_requested", ROLES_JUDGED,                                       \
             "Who is listed asks for repair: text, evidence"),                                 \
        STEP("complaints", "filed", ROLES_CASE,                                                \
             "A complaint: about, channel, text; the id is the client's"),                     \
        STEP("complaints", "replied", ROLES_CASE, "The department replies: text"),             \
        STEP("complaints", "answered", ROLES_JUDGED, "Who is complained about replies: text"), \
        STEP("complaints", "closed", ROLES_CASE, "It is over: result, satisfied"),

#endif
