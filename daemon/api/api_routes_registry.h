/*
 * api_routes_registry.h - the part of the table of routes (api_routes.c, and nobody else) that
 * is about what is registered: areas, organisations, and of a site its registration, residents,
 * staff, beds and tenancies.
 *
 * Ids of the last four are a site's own, so they are asked for with site=. PUT takes If-Match:
 * what another has changed since is not overwritten (412).
 */
#ifndef API_ROUTES_REGISTRY_H
#define API_ROUTES_REGISTRY_H

#define ROLES_REGISTER (ROLE_SUPERVISOR | ROLE_ADMIN)
#define WORD(word, text)                                                  \
    {                                                                     \
        .name = word, .type = PARAMETER_TEXT, .max = MAX_ID, .help = text \
    }

static const struct parameter own_parameters[] = {
    {.name = "site", .type = PARAMETER_ID, .help = "required: the id is a site's own"},
    END,
};
static const struct parameter residents_parameters[] = {
    SITE,
    DISTRICT,
    WORD("category", "of recipients: alone, empty_nest, disabled, ..."),
    WORD("community", "id of an area"),
    WORD("ability", "intact, mild, moderate, severe, complete"),
    WORD("care_level", "self, assist, care, special"),
    WORD("status", "present, away, discharged, transferred"),
    ARCHIVED,
    LIMIT,
    AFTER,
    END,
};
static const struct parameter refused_parameters[] = {
    {.name = "limit",
     .type = PARAMETER_INT,
     .min = 1,
     .max = 1000,
     .help = "most of the newest (20)"},
    END,
};
static const struct parameter ratings_parameters[] = {
    {.name = "from",
     .type = PARAMETER_TEXT,
     .max = 40,
     .help = "visits that began then, or later; RFC 3339 or milliseconds; 365 days before to"},
    {.name = "to", .type = PARAMETER_TEXT, .max = 40, .help = "before that; now"},
    END,
};
static const struct parameter staff_parameters[] = {
    SITE,  DISTRICT, WORD("role", "carer, nurse, social_worker, ..."),
    LIMIT, AFTER,    WORD("status", "present, left"),
    END,
};
static const struct parameter beds_parameters[] = {
    SITE,  DISTRICT, WORD("status", "free, occupied, reserved, closed"),
    LIMIT, AFTER,    WORD("care_level", "self, assist, care, special"),
    END,
};
static const struct parameter tenancies_parameters[] = {
    SITE, ORG, DISTRICT, WORD("result", "incubating, graduated, left"), LIMIT, AFTER, END};
static const struct parameter organisations_parameters[] = {
    SITE,
    ORG,
    DISTRICT,
    STATE,
    WORD("type", "social_group, private_nonprofit, foundation, ..."),
    WORD("status", "active, deregistered, revoked"),
    WORD("incubated_at", "id of a base"),
    ARCHIVED,
    LIMIT,
    AFTER,
    END,
};

#define ONE_ENTRY(of, parameters, summary)                                       \
    {                                                                            \
        "GET", API "/" of "/{id}", ROLES_READ, parameters, summary, handle_entry \
    }
#define PUT_ENTRY(of, parameters, summary)                                               \
    {                                                                                    \
        "PUT", API "/" of "/{id}", ROLES_REGISTER, parameters, summary, handle_entry_put \
    }
#define ENTRY_HISTORY(of, parameters, summary)                                             \
    {                                                                                      \
        "GET", API "/" of "/{id}/history", ROLES_READ, parameters, summary, handle_history \
    }

/* A list, one, its history, and registering one, of a kind whose ids are a site's own. */
#define OWN_ROUTES(of, parameters, summary)                               \
    {"GET", API "/" of, ROLES_READ, parameters, summary, handle_entries}, \
        {"GET",      API "/sites/{id}/" of,   ROLES_READ,                 \
         parameters, "Of one site: " summary, handle_site_entries},       \
        ONE_ENTRY(of, own_parameters, "One: " summary),                   \
        PUT_ENTRY(of, own_parameters, "Registers: " summary),             \
        ENTRY_HISTORY(of, own_history_parameters,                         \
                      "Every change, with what was before: " summary)

#define REGISTRY_ROUTES                                                                      \
    OWN_ROUTES("residents", residents_parameters,                                            \
               "residents: pseudonyms, ability, care level, category, consent"),             \
        OWN_ROUTES("staff", staff_parameters, "staff: pseudonyms, role, certificates"),      \
        OWN_ROUTES("beds", beds_parameters, "beds: room, care level, who lies there"),       \
        OWN_ROUTES("tenancies", tenancies_parameters,                                        \
                   "tenancies: organisations incubated at a base"),                          \
        {"GET",                                                                              \
         API "/sites/{id}/registration",                                                     \
         ROLES_READ,                                                                         \
         none,                                                                               \
         "What is registered of it: operators, hours, capacity, price, grade",               \
         handle_entry},                                                                      \
        {"PUT",                                                                              \
         API "/sites/{id}/registration",                                                     \
         ROLES_REGISTER,                                                                     \
         none,                                                                               \
         "Registers all of that, its kind and place, too",                                   \
         handle_entry_put},                                                                  \
        {"GET",                                                                              \
         API "/sites/{id}/staffing",                                                         \
         ROLES_READ,                                                                         \
         none,                                                                               \
         "Who is on duty by role and since when that is known, how many are needed by the "  \
         "rule, and the patrols of this night",                                              \
         handle_staffing},                                                                   \
        {"GET",                                                                              \
         API "/sites/{id}/refused",                                                          \
         ROLE_FACILITY | ROLE_SUPERVISOR | ROLE_ADMIN,                                       \
         refused_parameters,                                                                 \
         "What of its own messages was refused and is still kept: how many, why, and the "   \
         "newest, without payloads",                                                         \
         handle_site_refused},                                                               \
        {"GET",                                                                              \
         API "/sites/{id}/ratings",                                                          \
         ROLES_READ,                                                                         \
         ratings_parameters,                                                                 \
         "What recipients gave its visits: n, mean, and hist, how often 1 to 5",             \
         handle_ratings},                                                                    \
        ENTRY_HISTORY("sites", list_parameters,                                              \
                      "Every change of its registration, with author"),                      \
        ENTRY_HISTORY("visits", own_history_parameters,                                      \
                      "What of a visit was corrected: old and new, by whom, why, when"),     \
        ENTRY_HISTORY("activities", own_history_parameters,                                  \
                      "What of an activity was corrected"),                                  \
        {"GET",                                                                              \
         API "/areas",                                                                       \
         ROLES_READ,                                                                         \
         entries_parameters,                                                                 \
         "Districts, streets, communities, grids",                                           \
         handle_entries},                                                                    \
        ONE_ENTRY("areas", none, "One area"), PUT_ENTRY("areas", none, "Registers an area"), \
        ENTRY_HISTORY("areas", list_parameters, "Every change of an area"),                  \
        {"GET",           API "/organisations", ROLES_READ, organisations_parameters,        \
         "Organisations", handle_entries},                                                   \
        ONE_ENTRY("organisations", none, "One organisation"),                                \
        PUT_ENTRY("organisations", none, "Registers an organisation"),                       \
        {"GET",                                                                              \
         API "/organisations/{id}/account",                                                  \
         ROLES_READ,                                                                         \
         none,                                                                               \
         "Its ledgers in one: activities, disclosure, honesty, evaluation, annual "          \
         "inspection, "                                                                      \
         "annual report, inspections, complaints, projects",                                 \
         handle_account},                                                                    \
        ENTRY_HISTORY("organisations", list_parameters,                                      \
                      "Every change, with author and reason"),                               \
        PUT_ENTRY("projects", none,                                                          \
                  "Registers a project: org, purchaser, source, target, time"),

#endif
