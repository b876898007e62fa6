/*
 * api_routes_ledger.h - the part of the table of routes (api_routes.c, and nobody else) that is
 * about supervision: cases, reports, the map.
 */
#ifndef API_ROUTES_LEDGER_H
#define API_ROUTES_LEDGER_H

static const struct parameter credit_parameters[] = {
    {.name = "list", .type = PARAMETER_ID, .help = "red, black, abnormal, serious, ..."},
    ORG,
    LIMIT,
    AFTER,
    END,
};
static const struct parameter map_parameters[] = {
    {.name = "kind", .type = PARAMETER_TEXT, .max = 64, .help = "institution, station, base"},
    {.name = "crs",
     .type = PARAMETER_CHOICE,
     .choices = "WGS-84|GCJ-02",
     .help = "in which the places are given; WGS-84"},
    END,
};
static const struct parameter ledger_report_parameters[] = {
    {.name = "from", .type = PARAMETER_TEXT, .max = 40, .help = "first month: 2026-01"},
    {.name = "to", .type = PARAMETER_TEXT, .max = 40, .help = "last month; this one"},
    {.name = "by",
     .type = PARAMETER_CHOICE,
     .choices = "site|district|org|project|month",
     .help = "one row for each; site"},
    {.name = "format",
     .type = PARAMETER_CHOICE,
     .choices = "json|csv",
     .help = "csv: as a table, for spreadsheets"},
    SITE,
    DISTRICT,
    END,
};

#define LEDGER_ROUTES                                                                       \
    {"GET",                                                                                 \
     API "/reports/visits",                                                                 \
     ROLES_READ,                                                                            \
     ledger_report_parameters,                                                              \
     "Visits planned, done, verified, with each exception; JSON or CSV",                    \
     handle_ledger_report},                                                                 \
        {"GET",                                                                             \
         API "/reports/monthly_visits",                                                     \
         ROLES_READ,                                                                        \
         ledger_report_parameters,                                                          \
         "Who of each recipient category was visited in the month",                         \
         handle_ledger_report},                                                             \
        {"GET",                                                                             \
         API "/reports/sessions",                                                           \
         ROLES_READ,                                                                        \
         ledger_report_parameters,                                                          \
         "Sessions: service, training, publicity apart",                                    \
         handle_ledger_report},                                                             \
        {"GET",                                                                             \
         API "/reports/projects",                                                           \
         ROLES_READ,                                                                        \
         ledger_report_parameters,                                                          \
         "Claimed against verified",                                                        \
         handle_ledger_report},                                                             \
        {"GET",                                                                             \
         API "/reports/duties",                                                             \
         ROLES_READ,                                                                        \
         ledger_report_parameters,                                                          \
         "Filings and their results",                                                       \
         handle_ledger_report},                                                             \
        {"GET",                                                                             \
         API "/projects",                                                                   \
         ROLES_READ,                                                                        \
         entries_parameters,                                                                \
         "Bought services: contract, claims, what was verified",                            \
         handle_entries},                                                                   \
        {"GET",                                                                             \
         API "/projects/{id}/statement",                                                    \
         ROLES_READ,                                                                        \
         none,                                                                              \
         "Its account: by month and site, with the visits behind each number",              \
         handle_project_statement},                                                         \
        {"GET", API "/projects/{id}", ROLES_READ, none, "One project", handle_entry},       \
        {"GET",           API "/projects/{id}/history", ROLES_READ,                         \
         list_parameters, "Every step of it",           handle_history},                    \
        {"GET",                                                                             \
         API "/inspections",                                                                \
         ROLES_READ,                                                                        \
         entries_parameters,                                                                \
         "Inspections and findings",                                                        \
         handle_entries},                                                                   \
        {"GET", API "/inspections/{id}", ROLES_READ, none, "One inspection", handle_entry}, \
        {"GET",                                                                             \
         API "/inspections/{id}/history",                                                   \
         ROLES_READ,                                                                        \
         list_parameters,                                                                   \
         "Every step of it",                                                                \
         handle_history},                                                                   \
        {"GET",                                                                             \
         API "/evaluations",                                                                \
         ROLES_READ,                                                                        \
         entries_parameters,                                                                \
         "Grades, as published and as computed",                                            \
         handle_entries},                                                                   \
        {"GET", API "/evaluations/{id}",     ROLES_READ,                                    \
         none,  "One evaluation, explained", handle_entry},                                 \
        {"GET",                                                                             \
         API "/evaluations/{id}/history",                                                   \
         ROLES_READ,                                                                        \
         list_parameters,                                                                   \
         "Every one before",                                                                \
         handle_history},                                                                   \
        {"GET",                                                                             \
         API "/duties",                                                                     \
         ROLES_READ,                                                                        \
         entries_parameters,                                                                \
         "Filings and their results",                                                       \
         handle_entries},                                                                   \
        {"GET", API "/duties/{id}", ROLES_READ, none, "One filing", handle_entry},          \
        {"GET",           API "/duties/{id}/history", ROLES_READ,                           \
         list_parameters, "Every step of it",         handle_history},                      \
        {"GET",        API "/complaints", ROLES_READ, entries_parameters,                   \
         "Complaints", handle_entries},                                                     \
        {"GET", API "/complaints/{id}", ROLES_READ, none, "One complaint", handle_entry},   \
        {"GET",                                                                             \
         API "/complaints/{id}/history",                                                    \
         ROLES_READ,                                                                        \
         list_parameters,                                                                   \
         "Every step of it",                                                                \
         handle_history},                                                                   \
        {"GET",                                                                             \
         API "/credit",                                                                     \
         ROLES_READ,                                                                        \
         credit_parameters,                                                                 \
         "Listings and how they stand",                                                     \
         handle_credit},                                                                    \
        {"GET",           API "/credit/{id}/history", ROLES_READ,                           \
         list_parameters, "Every step of it",         handle_history},                      \
        {"POST",                                                                            \
         API "/credit/{id}/propose",                                                        \
         ROLE_SUPERVISOR,                                                                   \
         none,                                                                              \
         "Propose an organisation for a list, with evidence",                               \
         handle_credit_decide},                                                             \
        {"POST",                                                                            \
         API "/credit/{id}/approve",                                                        \
         ROLE_SUPERVISOR,                                                                   \
         none,                                                                              \
         "A second person approves: the organisation is given notice",                      \
         handle_credit_decide},                                                             \
        {"POST",                                                                            \
         API "/credit/{id}/uphold",                                                         \
         ROLE_SUPERVISOR,                                                                   \
         none,                                                                              \
         "A second person decides that an objection does not hold",                         \
         handle_credit_decide},                                                             \
        {"POST",         API "/credit/{id}/withdraw", ROLE_SUPERVISOR, none,                \
         "Take it back", handle_credit_decide},                                             \
        {"POST",                                                                            \
         API "/credit/{id}/object",                                                         \
         ROLE_SUPERVISOR,                                                                   \
         none,                                                                              \
         "Record an objection that came on paper",                                          \
         handle_credit_decide},                                                             \
        {"POST",                                                                            \
         API "/credit/{id}/repair",                                                         \
         ROLE_SUPERVISOR,                                                                   \
         none,                                                                              \
         "Record a request for credit repair",                                              \
         handle_credit_decide},                                                             \
        {"GET",                                                                             \
         API "/map/points",                                                                 \
         ROLES_READ,                                                                        \
         map_parameters,                                                                    \
         "Every site on the map: live state, services, free beds, price, grade",            \
         handle_map_points},                                                                \
        {"GET",          API "/map.geojson",    ROLES_READ,                                 \
         map_parameters, "The same as GeoJSON", handle_map_geojson},                        \
        {"GET",                                                                             \
         "/public/v1/map",                                                                  \
         ROLES_ALL,                                                                         \
         map_parameters,                                                                    \
         "The same for anybody: no homes",                                                  \
         handle_public_map},                                                                \
        {"GET",                                                                             \
         "/public/v1/credit",                                                               \
         ROLES_ALL,                                                                         \
         credit_parameters,                                                                 \
         "Organisations on lists: what anybody may read",                                   \
         handle_public_credit},

#endif
