/*
 * api_routes_registry.h - the part of the table of routes (api_routes.c, and nobody else) that is
 * about what is registered: areas, organisations, and of a site its registration, residents,
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
    LIMIT,
    AFTER,
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

/* A list, one, its history, and registering one, of a kind whose ids are a site's own. */
#define OWN_ROUTES(of, parameters, summary)                                                     \
    {"GET", API "/" of, ROLES_READ, parameters, summary, handle_entries},                       \
        {"GET",      API "/sites/{id}/" of,   ROLES_READ,                                       \
         parameters, "Of one site: " summary, handle_site_entries},                             \
        {"GET", API "/" of "/{id}", ROLES_READ, own_parameters, "One: " summary, handle_entry}, \
        {"PUT",          API "/" of "/{id}",    ROLES_REGISTER,                                 \
         own_parameters, "Registers: " summary, handle_entry_put},                              \
    {                                                                                           \
        "GET", API "/" of "/{id}/history", ROLES_READ, own_history_parameters,                  \
            "Every change, with author, reason and what was before: " summary, handle_history   \
    }

#define REGISTRY_ROUTES                                                                          \
    OWN_ROUTES("residents", residents_parameters,                                                \
               "residents: pseudonyms, ability, care level, category, consent"),                 \
        OWN_ROUTES("staff", staff_parameters, "staff: pseudonyms, role, certificates"),          \
        OWN_ROUTES("beds", beds_parameters, "beds: room, care level, who lies there"),           \
        OWN_ROUTES("tenancies", tenancies_parameters,                                            \
                   "tenancies: organisations incubated at a base"),                              \
        {"GET",                                                                                  \
         API "/sites/{id}/registration",                                                         \
         ROLES_READ,                                                                             \
         none,                                                                                   \
         "What is registered of it: operators, hours, capacity, certificates, price, grade",     \
         handle_entry},                                                                          \
        {"PUT",                                                                                  \
         API "/sites/{id}/registration",                                                         \
         ROLES_REGISTER,                                                                         \
         none,                                                                                   \
         "Registers all of that, its kind and place, too",                                       \
         handle_entry_put},                                                                      \
        {"GET",                                                                                  \
         API "/sites/{id}/history",                                                              \
         ROLES_READ,                                                                             \
         list_parameters,                                                                        \
         "Every change of its registration, with author and reason",                             \
         handle_history},                                                                        \
        {"GET",                                                                                  \
         API "/visits/{id}/history",                                                             \
         ROLES_READ,                                                                             \
         own_history_parameters,                                                                 \
         "What of a visit was corrected: old and new, by whom, why, when",                       \
         handle_history},                                                                        \
        {"GET",                                                                                  \
         API "/activities/{id}/history",                                                         \
         ROLES_READ,                                                                             \
         own_history_parameters,                                                                 \
         "What of an activity was corrected",                                                    \
         handle_history},                                                                        \
        {"GET",                                                                                  \
         API "/areas",                                                                           \
         ROLES_READ,                                                                             \
         entries_parameters,                                                                     \
         "Districts, streets, communities, grids",                                               \
         handle_entries},                                                                        \
        {"GET", API "/areas/{id}", ROLES_READ, none, "One area", handle_entry},                  \
        {"PUT", API "/areas/{id}", ROLES_REGISTER, none, "Registers an area", handle_entry_put}, \
        {"GET",           API "/areas/{id}/history", ROLES_READ,                                 \
         list_parameters, "Every change of an area", handle_history},                            \
        {"GET",           API "/organisations", ROLES_READ, organisations_parameters,            \
         "Organisations", handle_entries},                                                       \
        {"GET", API "/organisations/{id}", ROLES_READ, none, "One organisation", handle_entry},  \
        {"PUT", API "/organisations/{id}",   ROLES_REGISTER,                                     \
         none,  "Registers an organisation", handle_entry_put},                                  \
        {"GET",                                                                                  \
         API "/organisations/{id}/history",                                                      \
         ROLES_READ,                                                                             \
         list_parameters,                                                                        \
         "Every change of it, with author and reason",                                           \
         handle_history},                                                                        \
        {"PUT",                                                                                  \
         API "/projects/{id}",                                                                   \
         ROLES_REGISTER,                                                                         \
         none,                                                                                   \
         "Registers a project: org, purchaser, source, target, price, time",                     \
         handle_entry_put},

#endif
